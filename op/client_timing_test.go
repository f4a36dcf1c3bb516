package op_test

import (
	"math"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

// Welch's t of how long answers take says whether one can tell them apart; where the machine is busy it says nothing, so
// only the attacks measure it.
func TestHowLongARefusalTakesTellsNothingOfTheSecret(t *testing.T) { // CA-08
	if os.Getenv("DOORWARD_ATTACK") == "" {
		t.Skip("measured by make attack")
	}
	a := furnish(t, newHouse(t))
	secret, hash := keys.NewSecret("dws_")
	c := a.clients["basic"]
	c.ID, c.Secrets[0] = "long", hash
	must(t, a.db.AddClient(t.Context(), c, storage.Event{Actor: "test"}))
	took := func(proof string) float64 {
		r := tokenRequest(attempt().Encode(), proof)
		began := time.Now()
		a.router.ServeHTTP(httptest.NewRecorder(), r)
		return float64(time.Since(began))
	}
	wrong := "long:" + strings.Repeat("x", len(secret))
	right := "long:" + secret[:len(secret)-1] + "~" // but for its end
	var one, two []float64
	for range 2000 {
		one, two = append(one, took(wrong)), append(two, took(right))
	}
	if score := welch(one, two); math.Abs(score) > 4.5 {
		t.Errorf("t is %.1f", score)
	}
}

// welch is the t of two samples; the slowest tenth of each is the machine's.
func welch(a, b []float64) float64 {
	meanA, spreadA := moments(a)
	meanB, spreadB := moments(b)
	return (meanA - meanB) / math.Sqrt(spreadA+spreadB)
}

// moments are the mean of a sample, and its variance by its size.
func moments(list []float64) (float64, float64) {
	slices.Sort(list)
	list = list[:len(list)*9/10]
	n, mean, variance := float64(len(list)), 0.0, 0.0
	for _, v := range list {
		mean += v / n
	}
	for _, v := range list {
		variance += (v - mean) * (v - mean) / (n - 1)
	}
	return mean, variance / n
}
