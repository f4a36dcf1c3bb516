package admin_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

func TestTwoSecretsAreGoodWhileOneTakesTheOthersPlace(t *testing.T) { // AD-08
	each(t, func(t *testing.T, h *house) {
		_, b, _ := h.apps()
		old := h.grafana().Secret
		h.ahead.Store(int64(time.Hour))
		b.Go("/admin/apps/grafana/secrets").Status(200).Check().SeesNot("Remove").Press("Add a second secret").Status(200).Check()
		fresh := secretText.FindString(b.Body())
		c := h.client("grafana")
		if fresh == "" || fresh == old || !keys.SameSecret(old, c.Secrets[:]...) || !keys.SameSecret(fresh, c.Secrets[:]...) {
			t.Fatal("not both are good")
		}
		if _, err := h.desk.AddSecret(t.Context(), admin.Operator(), "grafana", ""); err == nil {
			t.Error("a third secret")
		}
		b.Go("/admin/apps/grafana/secrets").Check().Sees("Both are good")
		for _, secret := range []string{old, fresh} {
			b.SeesNot(secret)
		}
		b.Follow("Remove").Status(200).Check().Fill("reason", "it leaked").Press("Remove").Status(200).Check().Sees("The secret is removed")
		if c := h.client("grafana"); keys.SameSecret(old, c.Secrets[:]...) || !keys.SameSecret(fresh, c.Secrets[:]...) {
			t.Error("the wrong one is gone")
		}
		app, err := h.desk.App(t.Context(), "grafana")
		h.must(err)
		if _, err := h.desk.RemoveSecret(t.Context(), admin.Operator(), "grafana", app.Secrets[0].ID, ""); err == nil {
			t.Error("the last one is gone")
		}
		log, err := h.db.Log(t.Context(), storage.LogFilter{Client: "grafana", Kind: storage.ClientChanged}, "", 10)
		h.must(err)
		if len(log.Events) != 2 || log.Events[0].Data["reason"] != "it leaked" {
			t.Errorf("the log: %+v", log.Events)
		}
	})
}

// AD-08: whatever is opened, no secret that is stored is ever shown, nor what it is compared with.
func TestNoSecretIsEverReadBack(t *testing.T) {
	h := open(t)
	_, b, _ := h.apps()
	made := h.grafana()
	hash := h.client("grafana").Secrets[0]
	text, err := json.Marshal(made.App)
	h.must(err)
	bodies := []string{string(text)}
	for _, page := range []string{"/admin/apps", "/admin/apps/grafana", "/admin/apps/grafana/settings", "/admin/apps/grafana/access",
		"/admin/apps/grafana/secrets", "/admin/apps/grafana/problems", "/admin/apps/grafana/test"} {
		bodies = append(bodies, b.Go(page).Status(200).Body())
	}
	for _, form := range []string{made.Secret, fmt.Sprintf("%x", hash), string(hash)} {
		for i, body := range bodies {
			if strings.Contains(strings.ToLower(body), strings.ToLower(form)) {
				t.Errorf("page %d shows it", i)
			}
		}
	}
}
