package op_test

import (
	"context"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/op"
	"github.com/doorward/doorward/storage"
)

// counting notes what the database is asked while a client proves itself.
type counting struct {
	op.Store
	asked *[]string
}

func (c counting) Client(ctx context.Context, id string) (storage.Client, error) {
	*c.asked = append(*c.asked, "Client")
	return c.Store.Client(ctx, id)
}

func (c counting) Spend(ctx context.Context, key string, r storage.Rate) (time.Duration, error) {
	*c.asked = append(*c.asked, "Spend")
	return c.Store.Spend(ctx, key, r)
}

func (c counting) Once(ctx context.Context, kind, id string, until time.Time) error {
	*c.asked = append(*c.asked, "Once")
	return c.Store.Once(ctx, kind, id, until)
}

// A secret is hashed before it is compared, so its beginning tells nothing; what could take longer for one client than for another
// is what the database is asked.
func TestARefusalCostsTheSameForEveryClientAndEverySecret(t *testing.T) { // CA-08
	eachApps(t, func(t *testing.T, a *apps) {
		secret, hash := keys.NewSecret("dws_")
		c := a.clients["basic"]
		c.ID, c.Secrets[0] = "long", hash
		must(t, a.db.AddClient(t.Context(), c, storage.Event{Actor: "test"}))
		var asked []string
		door := doorOn(t, a.house, counting{a.db, &asked})
		for name, proof := range map[string]string{
			"another beginning": "long:" + strings.Repeat("x", len(secret)), "another end": "long:" + secret[:len(secret)-1] + "~", "half of it": "long:" + secret[:20],
			"nothing": "long:", "an unknown client": "nobody:" + secret, "a disabled one": "off:" + secret, "one of another method": "post:" + secret, "a public one": "spa:" + secret,
		} {
			asked = nil
			w := httptest.NewRecorder()
			door.ServeHTTP(w, tokenRequest(attempt().Encode(), proof))
			if body := strings.TrimSpace(w.Body.String()); w.Code != http.StatusUnauthorized || body != `{"error":"invalid_client","error_description":"client authentication failed"}` {
				t.Errorf("%s: %d %s", name, w.Code, body)
			}
			if !slices.Equal(asked, []string{"Client", "Spend"}) {
				t.Errorf("%s: the database is asked %q", name, asked)
			}
		}
	})
}

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
