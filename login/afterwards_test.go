package login_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/doorward/doorward/web/webtest"
)

// 307 and 308 would have the browser send the password on (RFC 9700 §4.12).
func TestWhatIsPostedIsSentNowhereElse(t *testing.T) { // HD-06
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		posted := map[string]int{}
		watched := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer := httptest.NewRecorder()
			h.router.ServeHTTP(answer, r)
			if answer.Code >= 300 && answer.Code < 400 {
				if answer.Code != http.StatusSeeOther {
					t.Errorf("%s %s is redirected by %d", r.Method, r.URL.Path, answer.Code)
				}
				if r.Method == http.MethodPost {
					posted[r.URL.Path]++
				}
			}
			for name, values := range answer.Header() {
				w.Header()[name] = values
			}
			w.WriteHeader(answer.Code)
			_, _ = w.Write(answer.Body.Bytes())
		})
		b := h.in(webtest.New(t, watched).Go(issuer+"/app"), "anna@example.com").Sees("app got anna")
		for _, path := range []string{"/login/username", "/login/password", "/login/email_code"} {
			if posted[path] != 1 {
				t.Errorf("%s was redirected %d times: %v", path, posted[path], posted)
			}
		}
		if strings.Contains(b.URL(), password) {
			t.Errorf("the browser is at %s", b.URL())
		}
	})
}
