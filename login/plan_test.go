package login

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

func TestEveryStepHasAPageAndATitle(t *testing.T) {
	for _, step := range (&Server{}).steps() {
		if _, err := pages.ReadFile("pages/" + step.Name() + ".html"); err != nil {
			t.Errorf("step %s: %v", step.Name(), err)
		}
	}
}

// TestEveryTextThatTheCodeNamesExistsAndNoneIsLeftOver keeps the catalogues and this room together: pages are checked
// when they are parsed, keys in Go only here.
func TestEveryTextThatTheCodeNamesExistsAndNoneIsLeftOver(t *testing.T) {
	texts, err := web.LoadTexts()
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	ours := regexp.MustCompile(`^(activity|alarm|changed|forgot|invite|link|totp|recovery|authenticator|newpassword|trust|username|password|code|consent|select|google|account|needed|letter|signedout|done)\.[a-z-]+$`)
	for _, file := range sources(t, ".", "mail") {
		for _, key := range literals(t, file) {
			if ours.MatchString(key) {
				used[key] = true
			}
		}
	}
	inPage := regexp.MustCompile(`(?:\{\{|\()[tb] "([a-z.-]+)"`)
	err = fs.WalkDir(pages, "pages", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := pages.ReadFile(path)
		for _, match := range inPage.FindAllStringSubmatch(string(data), -1) {
			used[match[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for key := range used {
		if !texts.Has(key) && key != consentRefused {
			t.Errorf("no text for %q", key)
		}
	}
	for _, key := range texts.Keys() {
		if ours.MatchString(key) && !used[key] {
			t.Errorf("nobody uses the text %q", key)
		}
	}
}

func sources(t *testing.T, dirs ...string) []string {
	t.Helper()
	var files []string
	for _, dir := range dirs {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if strings.HasSuffix(e.Name(), ".go") && !strings.HasSuffix(e.Name(), "_test.go") {
				files = append(files, dir+"/"+e.Name())
			}
		}
	}
	return files
}

func literals(t *testing.T, file string) []string {
	t.Helper()
	tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	ast.Inspect(tree, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if s, err := strconv.Unquote(lit.Value); err == nil {
				out = append(out, s)
			}
		}
		return true
	})
	return out
}

func TestWhatTheProofsAmountTo(t *testing.T) { // JW-10
	noon := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		proofs []string
		acr    string
		amr    []string
	}{
		{[]string{byPassword}, oneFactor, []string{"pwd"}},
		{[]string{byCode, byPassword}, twoFactors, []string{"pwd", "otp", "mfa"}},
		{[]string{byPassword, byLink}, oneFactor, []string{"pwd"}},
		{[]string{byGoogle}, oneFactor, []string{"fed"}},
		{[]string{byGoogle, byTOTP}, appFactor, []string{"fed", "otp", "mfa"}},
		{[]string{byPassword, byTOTP}, appFactor, []string{"pwd", "otp", "mfa"}},
		{[]string{byPassword, byRecovery}, twoFactors, []string{"pwd", "otp", "mfa"}},
		{[]string{byPassword, byCode, byTOTP}, appFactor, []string{"pwd", "otp", "mfa"}},
	} {
		a := new(Attempt)
		for i, method := range c.proofs {
			a.prove(method, noon.Add(time.Duration(i)*time.Minute))
		}
		got := a.result(storage.Session{})
		last := len(c.proofs) - 1
		if c.proofs[last] == byLink { // no factor, and no time of one
			last--
		}
		if got.ACR != c.acr || !slices.Equal(got.AMR, c.amr) || !got.AuthTime.Equal(noon.Add(time.Duration(last)*time.Minute)) {
			t.Errorf("%v amount to %+v", c.proofs, got)
		}
	}
}

func TestAStepUpAddsToWhatTheSessionRestsOnAndKeepsItsTime(t *testing.T) { // JW-10
	noon := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		rests storage.Session
		proof string
		acr   string
		amr   []string
	}{
		{storage.Session{ACR: oneFactor, AMR: []string{"pwd"}}, byCode, twoFactors, []string{"pwd", "otp", "mfa"}},
		{storage.Session{ACR: twoFactors, AMR: []string{"pwd", "otp", "mfa"}}, byTOTP, appFactor, []string{"pwd", "otp", "mfa"}},
		{storage.Session{ACR: appFactor, AMR: []string{"fed", "otp", "mfa"}}, byCode, appFactor, []string{"fed", "otp", "mfa"}},
	} {
		a := &Attempt{Session: "sid"}
		a.prove(c.proof, noon)
		c.rests.AuthTime = noon.Add(-time.Hour)
		if got := a.result(c.rests); got.ACR != c.acr || !slices.Equal(got.AMR, c.amr) || !got.AuthTime.Equal(c.rests.AuthTime) {
			t.Errorf("%s on %v amounts to %+v", c.proof, c.rests.AMR, got)
		}
	}
}

func TestAProofCountsForAQuarterOfAnHour(t *testing.T) {
	noon := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	a := new(Attempt)
	a.prove(byPassword, noon)
	if !a.proved(byPassword, noon.Add(proofLife-time.Second)) || a.proved(byPassword, noon.Add(proofLife)) || a.proved(byCode, noon) {
		t.Error("a proof counts too long, too short, or for another")
	}
}

func TestAnAddressIsShownMasked(t *testing.T) {
	for address, want := range map[string]string{
		"anna@example.com": "a•••@example.com", "a@b.cd": "a•••@b.cd", "": "•••", "@x": "•••",
	} {
		if got := masked(address); got != want {
			t.Errorf("%q is shown as %q", address, got)
		}
	}
}

func TestProofsAreThoseOfOnePersonAndLapseWithThePrimaryOne(t *testing.T) {
	noon := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	a := new(Attempt)
	a.become(storage.User{ID: "anna", Version: 3})
	a.prove(byPassword, noon)
	a.prove(byTOTP, noon.Add(10*time.Minute))
	a.Hash, a.Trust, a.Consented = "hash", trustYes, true
	if a.lapse(noon.Add(proofLife - time.Second)); a.methods() != "pwd totp" || a.User != "anna" {
		t.Errorf("what counts lapses: %+v", a)
	}
	left := *a
	left.Proofs = maps.Clone(a.Proofs)
	left.lapse(noon.Add(proofLife))
	a.become(storage.User{ID: "ben", Version: 1})
	for _, one := range []*Attempt{&left, a} {
		if one.methods() != "" || one.Hash != "" || one.Trust != "" || one.Consented || one.User == "anna" {
			t.Errorf("what Anna proved stays: %+v", one)
		}
	}
	raised := &Attempt{Session: "sid"} // a session is what it rests on
	raised.prove(byTOTP, noon)
	if raised.lapse(noon.Add(time.Minute)); raised.methods() != "totp" {
		t.Error("a step-up needs no password")
	}
}
