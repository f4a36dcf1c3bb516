package admin

import (
	"testing"

	"github.com/doorward/doorward/web"
)

func TestAFailureOfMailIsToldInWords(t *testing.T) {
	texts, err := web.LoadTexts()
	if err != nil {
		t.Fatal(err)
	}
	v := &visit{Console: &Console{Options: Options{Site: &web.Site{Texts: texts}}}, lang: "en"}
	for class, want := range map[string]string{"": "", "connect": "the server cannot be reached", "recipient_550": "a recipient was refused (550)", "other": "other"} {
		if got := v.mailFailed(class); got != want {
			t.Errorf("%q: %q", class, got)
		}
	}
}
