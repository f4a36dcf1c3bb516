package admin

import "github.com/doorward/doorward/keys"

// keyPage is what signs, and when that changes.
type keyPage struct {
	Done  string
	Keys  []keyRow
	Ages  []keyAge
	May   bool
	Issue string // address of the JWKS
}

type keyRow struct {
	SigningKey
	Words                      string // the state in words
	Created, Use, Retire, Gone string
}

type keyAge struct{ Alg, Since, Successor string }

func (v *visit) keysPage() error {
	list, err := v.Desk.SigningKeys(v.r.Context())
	if err != nil {
		return err
	}
	page := keyPage{Done: v.done(), May: v.by.May(KeepAll), Issue: v.Desk.Issuer + "/jwks"}
	words := map[string]string{"next": v.t("house.key-next"), "current": v.t("house.key-current"), "previous": v.t("house.key-previous")}
	for _, k := range list {
		page.Keys = append(page.Keys, keyRow{k, words[k.State], v.day(k.Created), v.day(k.Use), v.dayOr(k.Retire), v.dayOr(k.Gone)})
	}
	for _, a := range v.ages() {
		page.Ages = append(page.Ages, keyAge{a.Alg, v.day(a.Since), v.day(a.Successor)})
	}
	return v.show("keys", v.t("console.keys"), page)
}

func (v *visit) ages() []keys.SigningAge { return v.Desk.Keys.Ring.Ages() }

// rotatePage asks before keys are rotated.
type rotatePage struct{ Now bool }

func (v *visit) askRotate() error {
	query, err := v.query()
	if err != nil {
		return err
	}
	return v.show("key-rotate", v.t("house.rotate"), rotatePage{query.Get("now") != ""})
}

func (v *visit) rotate() error {
	form, err := v.form()
	if err != nil {
		return err
	}
	if err := v.Desk.RotateKeys(v.r.Context(), v.by, form.Get("now") != "", form.Get("reason")); err != nil {
		return err
	}
	return v.to("/admin/keys", "rotated")
}
