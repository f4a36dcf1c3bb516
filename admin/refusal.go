package admin

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// refusals are the errors of the desk with their status, the first that fits: a page tells them in the words of text, and a problem of
// the API in their own. Those without a text are said at a place of the page that they belong to.
var refusals = []struct {
	err    error
	status int
	text   string
}{
	{ErrForbidden, http.StatusForbidden, "console.refused-role"},
	{ErrOwn, http.StatusForbidden, "console.refused-own"},
	{ErrOwnAddress, http.StatusForbidden, "console.refused-address"},
	{ErrGroupKept, http.StatusForbidden, "console.refused-kept"},
	{ErrNotNow, http.StatusConflict, "console.refused-now"},
	{ErrVerifying, http.StatusConflict, "console.refused-verifying"},
	{ErrGroupUsed, http.StatusConflict, "console.refused-group"},
	{ErrDeclared, http.StatusConflict, ""},
	{ErrItself, http.StatusConflict, ""},
	{ErrClosed, http.StatusConflict, ""},
	{ErrNoMail, http.StatusServiceUnavailable, "console.refused-mail"},
	{keys.ErrBusy, http.StatusServiceUnavailable, ""},
	{storage.ErrLastAdmin, http.StatusConflict, "console.refused-last"},
	{storage.ErrConflict, http.StatusConflict, "console.refused-changed"}, // the API has two other answers for it
	{storage.ErrNotFound, http.StatusNotFound, "console.refused-gone"},
}

// inWords is the page for an error of the desk; false: it is none of those.
func inWords(err error) (web.Failure, bool) {
	f := web.Failure{Again: "/admin", AgainText: "console.back"}
	for _, r := range refusals {
		if r.text != "" && errors.Is(err, r.err) {
			f.Status, f.Text = r.status, r.text
			return f, true
		}
	}
	f.Status = http.StatusTooManyRequests
	if enough := (*Enough)(nil); errors.As(err, &enough) {
		f.Text, f.Pairs = enough.text, []string{"n", strconv.Itoa(enough.Minutes())}
		return f, true
	}
	if soon := (*TooSoon)(nil); errors.As(err, &soon) {
		f.Text, f.Pairs = "console.refused-soon", []string{"n", strconv.Itoa(soon.Minutes)}
		return f, true
	}
	if len(invalids(err)) > 0 { // of a value that no page offers: else the page would have said it at the field
		return web.Failure{Status: http.StatusBadRequest, Text: "error.request"}, true
	}
	return web.Failure{}, false
}
