package main

import (
	"embed"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/doorward/doorward/login/mail"
	"github.com/doorward/doorward/web"
	"github.com/gorilla/mux"
)

//go:embed pages
var devPages embed.FS

// mailbox adds /dev/mail to the demo: the letters as a page, or as JSON for scripts. Everybody who reaches it reads
// every code, so it exists in the demo only. It is a developer's tool, and in English only.
func mailbox(box *mail.Mailbox) func(*rooms, *mux.Router) error {
	return func(now *rooms, router *mux.Router) error {
		pages, err := web.NewPages(now.site, devPages)
		if err != nil {
			return err
		}
		door := web.Door{Site: now.site, Fail: func(w http.ResponseWriter, r *http.Request, err error) {
			now.house.log.Error("mailbox", "error", err)
			pages.WriteFailure(w, r, web.Failure{})
		}}
		door.Handle(router, "/dev/mail", web.Methods{http.MethodGet: func(w http.ResponseWriter, r *http.Request) error {
			w.Header().Add("Vary", "Accept")
			if wantsJSON(r) {
				return writeLetters(w, box.Letters())
			}
			return pages.Write(w, r, web.View{Name: "mailbox", Lang: "en", Title: "Mailbox", Data: newMailboxPage(box.Letters(), now.site.Issuer)})
		}})
		return nil
	}
}

// wantsJSON: a browser names HTML, a script does not.
func wantsJSON(r *http.Request) bool {
	accept := strings.Join(r.Header.Values("Accept"), ",")
	return strings.Contains(accept, "application/json") && !strings.Contains(accept, "text/html")
}

// letter is one letter as scripts read it.
type letter struct {
	To      string    `json:"to"`
	Subject string    `json:"subject"`
	Date    time.Time `json:"date"`
	Text    string    `json:"text"`
	HTML    string    `json:"html"`
}

func writeLetters(w http.ResponseWriter, kept []mail.Kept) error {
	list := make([]letter, len(kept))
	for i, k := range kept {
		list[i] = letter{k.To, k.Subject, k.Date.UTC(), k.Text, k.HTML}
	}
	body, err := json.Marshal(list)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(body) // the reader may have gone
	return nil
}

// mailboxPage is what mailbox.html shows: the text parts alone, since a letter's HTML is a page of its own.
type mailboxPage struct {
	Letters []shownLetter
}

type shownLetter struct {
	To, Subject, Stamp, Clock string
	Paragraphs                [][]shownLine
}

// shownLine is a line of a letter; Path is where it leads, where it is a link of ours.
type shownLine struct{ Text, Path string }

func newMailboxPage(kept []mail.Kept, issuer string) mailboxPage {
	var page mailboxPage
	for _, k := range kept {
		shown := shownLetter{To: k.To, Subject: k.Subject, Stamp: k.Date.UTC().Format(time.RFC3339), Clock: k.Date.Local().Format("15:04:05")}
		for block := range strings.SplitSeq(strings.ReplaceAll(k.Text, "\r\n", "\n"), "\n\n") {
			if block = strings.TrimSpace(block); block != "" {
				shown.Paragraphs = append(shown.Paragraphs, shownLines(block, issuer))
			}
		}
		page.Letters = append(page.Letters, shown)
	}
	return page
}

func shownLines(block, issuer string) []shownLine {
	var lines []shownLine
	for line := range strings.SplitSeq(block, "\n") {
		path, _ := strings.CutPrefix(line, issuer)
		if !web.OwnPath(path) {
			path = ""
		}
		lines = append(lines, shownLine{line, path})
	}
	return lines
}
