package admin

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// refusals are the errors of the desk that a page tells in words, the first that fits.
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
	{ErrNoMail, http.StatusServiceUnavailable, "console.refused-mail"},
	{storage.ErrLastAdmin, http.StatusConflict, "console.refused-last"},
	{storage.ErrConflict, http.StatusConflict, "console.refused-changed"},
	{storage.ErrNotFound, http.StatusNotFound, "console.refused-gone"},
}

// inWords is the page for an error of the desk; false: it is none of those.
func inWords(err error) (web.Failure, bool) {
	for _, r := range refusals {
		if errors.Is(err, r.err) {
			return web.Failure{Status: r.status, Text: r.text, Again: "/admin", AgainText: "console.back"}, true
		}
	}
	if verified := (*Verified)(nil); errors.As(err, &verified) {
		return web.Failure{Status: http.StatusTooManyRequests, Text: "console.refused-verified", Pairs: []string{"n", strconv.Itoa(verified.Minutes())},
			Again: "/admin", AgainText: "console.back"}, true
	}
	if soon := (*TooSoon)(nil); errors.As(err, &soon) {
		return web.Failure{Status: http.StatusTooManyRequests, Text: "console.refused-soon", Pairs: []string{"n", strconv.Itoa(soon.Minutes)},
			Again: "/admin", AgainText: "console.back"}, true
	}
	if len(invalids(err)) > 0 { // of a value that no page offers: else the page would have said it at the field
		return web.Failure{Status: http.StatusBadRequest, Text: "error.request"}, true
	}
	return web.Failure{}, false
}
