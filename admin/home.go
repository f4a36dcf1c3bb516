package admin

import (
	"context"
	"strconv"
	"time"

	"github.com/doorward/doorward/storage"
)

// homeStore is what the overview reads: what is bounded by a day, or is one row.
type homeStore interface {
	SignIns(ctx context.Context, from, until time.Time) ([]storage.Count, error)
	Failures(ctx context.Context, since time.Time, limit int) ([]storage.Failure, error)
	LastBackup(ctx context.Context) (time.Time, error)
}

// Overview is how the house stands.
type Overview struct {
	Version     string        `json:"version"`
	SignIns     []SignInCount `json:"sign_ins"` // of the last 24 hours, by hour, way and result
	Failures    []AppFailure  `json:"failures"` // of applications, of the last 24 hours
	Mail        MailHealth    `json:"mail"`
	Keys        []SigningKey  `json:"keys"`
	Backup      time.Time     `json:"last_backup,omitzero"`
	Certificate time.Time     `json:"certificate_ends,omitzero"` // zero: something in front ends TLS
}

// SignInCount is how many signed in, or were refused, in the hour that begins then.
type SignInCount struct {
	Hour   time.Time `json:"hour"`
	Kind   string    `json:"kind"`   // "session.started", "session.raised", "sign_in.refused"
	Result string    `json:"result"` // "ok", or why not
	Method string    `json:"method"` // by which: "pwd mail", "google"
	N      int64     `json:"count"`
}

// AppFailure is how often an application could not prove itself, for the same reason.
type AppFailure struct {
	Client string    `json:"client_id"` // "" unknown
	Result string    `json:"result"`
	N      int64     `json:"count"`
	Last   time.Time `json:"last"`
}

const (
	overviewFor  = 24 * time.Hour
	failuresTold = 10
)

// Overview reads how the house stands now.
func (d *Desk) Overview(ctx context.Context) (Overview, error) {
	now := d.Now()
	o := Overview{Version: d.House.Version(), Mail: d.House.Mail(), Certificate: d.House.Certificate()}
	counts, err := d.Store.SignIns(ctx, now.Add(-overviewFor).Truncate(time.Hour).Add(time.Hour), now)
	if err != nil {
		return o, err
	}
	failures, err := d.Store.Failures(ctx, now.Add(-overviewFor), failuresTold)
	if err != nil {
		return o, err
	}
	o.SignIns, o.Failures = make([]SignInCount, len(counts)), make([]AppFailure, len(failures))
	for i, c := range counts {
		o.SignIns[i] = SignInCount(c)
	}
	for i, f := range failures {
		o.Failures[i] = AppFailure(f)
	}
	if o.Backup, err = d.Store.LastBackup(ctx); err != nil {
		return o, err
	}
	o.Keys, err = d.SigningKeys(ctx)
	return o, err
}

// chart draws sign-ins by hour: the good ones upwards from the bottom, those that were refused on top of them. The server computes the
// picture, so it needs no script.
type chart struct {
	Bars        []bar
	Hours       []tick
	Most        int64
	Good, Bad   int64
	Width       int
	Height      int
	Description string
}

type bar struct {
	X, Y, W, H int
	Class      string
}

type tick struct {
	X    int
	Text string
}

const (
	barWidth    = 22
	barGap      = 6
	chartHeight = 120
	chartHours  = 24
	chartFoot   = 20
)

func (v *visit) chart(counts []SignInCount, now time.Time) chart {
	first := now.Add(-overviewFor).Truncate(time.Hour).Add(time.Hour)
	var good, bad [chartHours]int64
	c := chart{Width: chartHours * (barWidth + barGap), Height: chartHeight + chartFoot, Most: 1}
	for _, n := range counts {
		i := int(n.Hour.Sub(first) / time.Hour)
		if i < 0 || i >= chartHours {
			continue
		}
		if n.Kind == storage.SignInRefused {
			bad[i], c.Bad = bad[i]+n.N, c.Bad+n.N
		} else {
			good[i], c.Good = good[i]+n.N, c.Good+n.N
		}
		c.Most = max(c.Most, good[i]+bad[i])
	}
	for i := range chartHours {
		x := i * (barWidth + barGap)
		up := int(good[i] * chartHeight / c.Most)
		over := int(bad[i] * chartHeight / c.Most)
		if good[i] > 0 {
			c.Bars = append(c.Bars, bar{x, chartHeight - max(up, 2), barWidth, max(up, 2), "good"})
		}
		if bad[i] > 0 {
			c.Bars = append(c.Bars, bar{x, max(0, chartHeight-up-max(over, 2)), barWidth, max(over, 2), "bad"})
		}
		if i%6 == 0 {
			c.Hours = append(c.Hours, tick{x, v.Site.Texts.Clock(first.Add(time.Duration(i) * time.Hour))})
		}
	}
	c.Description = v.t("home.chart", "good", strconv.FormatInt(c.Good, 10), "bad", strconv.FormatInt(c.Bad, 10))
	return c
}
