package admin_test

import (
	"context"
	"time"

	"github.com/doorward/doorward/admin"
)

// program stands for what only cmd knows of itself and of the world: a mail server that takes no letter for nobody@, and a domain
// without SPF.
type program struct{}

func (program) Version() string        { return "v0.0.0-test" }
func (program) Certificate() time.Time { return time.Now().Add(10*24*time.Hour + time.Hour) }
func (program) Mail() admin.MailHealth {
	return admin.MailHealth{Configured: true, From: "login@aviary.test", Server: "smtp.aviary.test:587"}
}

func (program) TestMail(_ context.Context, to string) admin.MailTest {
	told := admin.MailTest{Dialogue: []string{"C: RCPT TO:<" + to + ">", "S: 250 2.1.5 Ok"}, Sent: true}
	if to == "nobody@aviary.test" {
		told.Dialogue[1], told.Sent = "S: 550 5.1.1 No such user", false
		told.Where, told.What, told.Remedy = "The server does not take letters for this address.", "550 5.1.1", "check the address"
	}
	return told
}

func (program) Sender(context.Context) []admin.SenderRecord {
	return []admin.SenderRecord{
		{Name: "MX", Grade: "ok", Found: "aviary.test takes mail"},
		{Name: "SPF", Grade: "wrong", Found: "aviary.test has no SPF record", Host: "aviary.test", Line: "v=spf1 mx -all"},
	}
}
