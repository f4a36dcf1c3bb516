package known

import (
	"crypto/rand"
	"testing"
)

func TestTheListHoldsWhatIsTriedFirst(t *testing.T) {
	for _, password := range []string{"password1234", "PASSWORD1234", "qwerty123456", "123456789abc", "iloveyou1234", "football1234",
		"!!sunshine!!", "sunshine2026", "Sunshine26!!", "sunshinesunshine", "abcabcabcabc", "111111111111", "aabbaabbabab"} {
		if !Has(password) {
			t.Errorf("%q is not known", password)
		}
	}
	for _, password := range []string{"a sentence is fine", "correct horse battery staple", "sunshine in the valley", "korrektes-pferd-batterie", "pw 48 ZZ lq 0!"} {
		if Has(password) {
			t.Errorf("%q is known", password)
		}
	}
}

func TestFewAreTakenForWhatTheyAreNot(t *testing.T) {
	const n = 50_000
	wrong := 0
	for range n {
		if Has(rand.Text()) {
			wrong++
		}
	}
	if wrong > 15 { // about three
		t.Errorf("%d of %d random passwords are known", wrong, n)
	}
}

func TestAPackedListIsTheSameEachTimeAndHoldsWhatCanBeSet(t *testing.T) {
	given := []string{"Password1234", "password1234", "trustnoone", "short", "12345678", "elevenchars"}
	list, n := Pack(given)
	again, _ := Pack(given)
	if n != 3 || len(list) != drawers+2*3 || string(list) != string(again) {
		t.Errorf("%d passwords in %d bytes", n, len(list))
	}
}
