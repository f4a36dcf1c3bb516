package login

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// mark is one line of a sign-in's trail: what was asked or done, when, and in a word why.
type mark struct {
	At  int64  `json:"t"` // Unix microseconds
	Did string `json:"d"` // "began", "asked", "spared", or a proof by our own name
	Why string `json:"w,omitempty"`
	For string `json:"f,omitempty"` // of "began": the scopes that the application asked for
}

// trail tells how somebody came in, for the log: how it began, which second factor was asked or spared and why, and each proof with
// its time. It is made of what the attempt holds, and stands in the event of the session: nothing is written for it.
func (s *Server) trail(v *visit) string {
	a := v.attempt
	marks := []mark{a.begun()}
	first := int64(0)
	for proof, at := range a.Proofs {
		marks = append(marks, mark{At: at, Did: proof})
		if proof == byPassword || proof == byGoogle {
			first = at
		}
	}
	decided := mark{At: max(marks[0].At, first), Did: "asked"}
	proof, why := s.factor(v)
	if decided.Why = why; proof == "" {
		decided.Did = "spared"
	} else {
		decided.Why = proof + " " + why
	}
	marks = append(marks, decided)
	slices.SortStableFunc(marks, func(a, b mark) int { return int(a.At - b.At) })
	return written(marks...)
}

// begun is the first line of the trail. The events of tries have it too, so that a sign-in that comes to nothing has its beginning.
func (a *Attempt) begun() mark {
	return mark{time.Unix(a.Started, 0).UnixMicro(), "began", strings.Join(a.Ask.why(a), " "), strings.Join(a.Ask.Scopes, " ")}
}

func written(marks ...mark) string {
	text, err := json.Marshal(marks)
	if err != nil {
		return ""
	}
	return string(text)
}

// why says, in words of this room, what the attempt was begun for.
func (a Ask) why(attempt *Attempt) []string {
	var words []string
	for _, one := range []struct {
		so   bool
		word string
	}{
		{attempt.Nobody, "nobody"},
		{attempt.rests(), "signed_in"},
		{a.Fresh, "fresh"},
		{a.Select, "select"},
		{a.UserID != "", "person"},
		{len(a.Consent) > 0, "consent"},
		{a.ACR != "", a.ACR},
		{a.Must, "app"},
	} {
		if one.so {
			words = append(words, one.word)
		}
	}
	return words
}
