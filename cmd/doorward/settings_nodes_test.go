package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage"
	"github.com/gorilla/mux"
)

func TestWhatIsUnderWayStaysInTheRoomsThatItCameTo(t *testing.T) {
	t.Parallel()
	came, leaves := make(chan struct{}), make(chan struct{})
	slow := func(r *rooms, router *mux.Router) error {
		router.HandleFunc("/slow", func(w http.ResponseWriter, _ *http.Request) {
			close(came)
			<-leaves
			plainText(w, http.StatusOK, r.site.Company)
		})
		return nil
	}
	h, _ := openHouse(t, write(t, freely, nil), parts{Extra: slow})
	former := h.present()
	answer := make(chan string)
	go func() {
		_, body := asked(t, h.Addr(), "/slow")
		answer <- body
	}()
	<-came
	set(t, h, map[string]string{"company": "Acme"})
	if h.present() == former || h.present().site.Company != "Acme" {
		t.Error("the rooms are not new")
	}
	ended := make(chan struct{})
	go func() {
		former.behind.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		t.Error("what works behind the former rooms has ended under a request")
	default:
	}
	close(leaves)
	if got := <-answer; got != "Doorward" {
		t.Errorf("the request was answered by %q", got)
	}
	<-ended
}

func TestAnotherNodeFollowsAndOneThatCannotKeepsItsRooms(t *testing.T) {
	t.Parallel()
	h, log := openHouse(t, write(t, freely+"mail: {smtp: {ca_file: \"\"}}\n", nil), parts{})
	elsewhere := func(name, value string) { // as another node, whose configuration differs
		t.Helper()
		_, version, err := h.db.Settings(t.Context())
		if err == nil {
			_, err = h.db.PutSettings(t.Context(), storage.SettingsChange{Put: []storage.Setting{{Name: name, Value: value}}, Version: version}, storage.Event{})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	elsewhere("company", "Acme")
	eventually(t, "the house to follow", func() bool { return h.present().config.Company == "Acme" })
	elsewhere("mail.smtp.host", "smtp.example.com") // nobody to send from
	eventually(t, "the house to say that it cannot", func() bool { return strings.Contains(log.String(), "the former ones hold") })
	if status, _ := asked(t, h.Addr(), "/jwks"); status != http.StatusOK || h.present().config.Company != "Acme" {
		t.Errorf("it answers %d", status)
	}
	set(t, h, map[string]string{"mail.from": "login@example.com"}) // in its own console it is mended
	if h.present().outbox == nil {
		t.Error("mail is not on")
	}
}
