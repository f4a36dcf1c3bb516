// Package webtest is a browser without scripts for tests that read as visits.
package webtest

import (
	"net/http"
	"testing"
)

// Browser holds a page, a cookie jar and the test it belongs to. A step that fails ends the test.
type Browser struct{}

// New is a fresh browser whose requests go to h for every host (no network), or, with h nil, over the network.
func New(t testing.TB, h http.Handler) *Browser { panic("stub") }

// Go opens a URL (path of base allowed after the first absolute one); redirects are followed, a Refresh: 0 too, but not to a
// host that AwayFrom named.
func (b *Browser) Go(url string) *Browser { panic("stub") }

// StayOn makes the browser stop at redirects that leave this origin; Location then tells where to.
func (b *Browser) StayOn(origin string) *Browser { panic("stub") }

// Fill sets a field of the page's form that has it.
func (b *Browser) Fill(name, value string) *Browser { panic("stub") }

// Press submits the form by the button with this text, name or id.
func (b *Browser) Press(button string) *Browser { panic("stub") }

// Follow opens the link with this text.
func (b *Browser) Follow(text string) *Browser { panic("stub") }

// Sees and SeesNot look for text on the page, as a person reads it.
func (b *Browser) Sees(text string) *Browser    { panic("stub") }
func (b *Browser) SeesNot(text string) *Browser { panic("stub") }

// Status wants the last answer's status.
func (b *Browser) Status(code int) *Browser { panic("stub") }

// URL, Location, Body, Header, Value tell of the last answer: its address, where it wanted to leave to, its text, headers, a field's value.
func (b *Browser) URL() string              { panic("stub") }
func (b *Browser) Location() string         { panic("stub") }
func (b *Browser) Body() string             { panic("stub") }
func (b *Browser) Header() http.Header      { panic("stub") }
func (b *Browser) Value(name string) string { panic("stub") }

// Cookies and Clone: what the browser holds for origin; another browser with the same cookies.
func (b *Browser) Cookies(origin string) []*http.Cookie { panic("stub") }
func (b *Browser) Clone() *Browser                      { panic("stub") }

// Set adds a header to every request from now on ("" removes).
func (b *Browser) Set(header, value string) *Browser { panic("stub") }
