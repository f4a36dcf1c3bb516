package admin

import (
	"testing"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

func TestAFailureOfMailIsToldInWords(t *testing.T) {
	texts, err := web.LoadTexts()
	if err != nil {
		t.Fatal(err)
	}
	v := &visit{Console: &Console{Options: Options{Site: &web.Site{Texts: texts}}}, lang: "en"}
	for class, want := range map[string]string{"": "", "connect": "the server cannot be reached", "recipient_550": "a recipient was refused (550)", "connect_timeout": "the server cannot be reached (it took too long)", "other": "other"} {
		if got := v.mailFailed(class); got != want {
			t.Errorf("%q: %q", class, got)
		}
	}
	for reply, want := range map[string]string{"": "", "recipient: 550 no such user: sorry": "a recipient was refused: 550 no such user: sorry", "odd: 1": "odd: 1", "tls": "tls"} {
		if got := v.mailReply(reply); got != want {
			t.Errorf("%q: %q", reply, got)
		}
	}
	if got := v.resultWords(Event{Kind: storage.LetterFailed, Result: "recipient_550"}); got != "a recipient was refused (550)" {
		t.Errorf("the log says %q", got)
	}
	told := spoken(v.t).inWords(MailTest{Where: "The mail server cannot be reached.", What: "mail: connect: dial tcp: refused", Remedy: "try again in some minutes; or not"})
	if told.What != "dial tcp: refused" || told.Remedy != "Try again in some minutes. The server’s words say more, where it gave any." {
		t.Errorf("%+v", told)
	}
}
