package mail

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/login/mail/mailtest"
	"github.com/doorward/doorward/storage/storagetest"
)

func TestWhileMailIsDownNothingIsTakenAndWhatWasTakenComesWhenItWorks(t *testing.T) {
	t.Parallel()
	f := newOffice(t)
	db := storagetest.New(t, nil)
	o := f.node(db)
	o.first, o.slowest = 150*time.Millisecond, time.Hour // the third try would be far away
	f.server.Stop()
	run(t, o)
	send(t, o, "p0@example.com") // nobody knows yet
	until(t, "mail to be down", func() bool { return o.Stats().Down })
	for i := range 3 {
		if err := o.Send(t.Context(), letterTo(fmt.Sprintf("late%d@example.com", i))); !errors.Is(err, ErrDown) {
			t.Fatalf("while mail is down: %v, want ErrDown", err)
		}
	}
	if s := o.Stats(); s.Waiting != 1 || s.Oldest <= 0 || s.LastError != "connect" {
		t.Errorf("stats %+v", s)
	}
	until(t, "the pause before the third try to be long", func() bool {
		q, err := db.LetterQueue(t.Context())
		return err == nil && q.Due.After(db.Now().Add(200*time.Millisecond))
	})
	f.server.Start()
	f.untilReceived(1)
	until(t, "mail to work", func() bool { return !o.Stats().Down })
	send(t, o, "p1@example.com")
	f.untilReceived(2)
	time.Sleep(200 * time.Millisecond)
	wantEachOnce(t, f, 2)
	if got := f.logged(); strings.Count(got, "mail does not work") != 1 || strings.Count(got, "mail works again") != 1 {
		t.Error("the log does not tell once that mail is down, and once that it works")
	}
}

func TestAServerThatRefusesUsIsDownForEverybody(t *testing.T) {
	t.Parallel()
	for step, class := range map[mailtest.Step]string{mailtest.Auth: "auth_535", mailtest.Mail: "sender_451"} {
		t.Run(class, func(t *testing.T) {
			t.Parallel()
			f := newOffice(t)
			f.server.Hook(func(at mailtest.Step, _ string) error {
				if at == step {
					return mailtest.Refuse(map[string]int{"auth_535": 535, "sender_451": 451}[class], "no")
				}
				return nil
			})
			o := f.node(storagetest.New(t, nil))
			run(t, o)
			send(t, o, "anna@example.com")
			until(t, "mail to be down", func() bool { return o.Stats().Down })
			time.Sleep(3 * o.probeEvery)
			if s := o.Stats(); !s.Down || s.LastError != class {
				t.Errorf("stats %+v", s)
			}
			f.server.Hook(nil) // the operator has mended it
			f.untilReceived(1)
		})
	}
}
