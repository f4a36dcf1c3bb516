package mail

import (
	"strings"
	"testing"
)

func TestACodesLetterSaysWhatSomebodyElseWouldHave(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code SignInCode
		want []string
	}{
		{SignInCode{App: "Grafana"}, []string{"letter.code-who app Grafana", "letter.code-alarm \n"}},
		{SignInCode{App: "Grafana", SignedIn: true}, []string{"letter.code-who-signed-in app Grafana", "letter.code-alarm-signed-in \n"}},
		{SignInCode{App: "Grafana", Google: true}, []string{"letter.code-who-google app Grafana", "letter.code-alarm-google \n", "letter.code-alarm-end-google"}},
		{SignInCode{App: "Grafana", Google: true, Contact: "Help"}, []string{"letter.code-alarm-google \n", "letter.code-alarm-ask-google contact Help"}},
		{SignInCode{App: "Grafana", Invited: true}, []string{"letter.code-who-invited app Grafana", "letter.code-alarm-invited \n"}},
	} {
		for _, want := range c.want {
			if text := c.code.Letter(echo).Text; !strings.Contains(text, want) {
				t.Errorf("it does not say %q:\n%s", want, text)
			}
		}
	}
}
