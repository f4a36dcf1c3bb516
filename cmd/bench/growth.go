package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/doorward/doorward/storage"
)

// mostGrowth is how many times the cost beside an empty database a request may have beside a full one.
const mostGrowth = 1.2

// crowd fills a database: $N people with a password and a session each, and ten times as many grants. Ids of grants are random,
// as real ones are, so that a new one finds its place anywhere in the index.
const crowd = `
insert into users (id, email, customer_number, claims, group_names, role, state, version, grants_since, created, updated, search)
	with recursive n(i) as (select 1 union all select i + 1 from n where i < $N)
	select 'crowd-' || i, 'crowd' || i || '@example.com', null, '{"name":"One of the crowd"}', '', '', 'active', 1, 0, $NOW, $NOW, 'crowd' || i || '@example.com one of the crowd' from n;
insert into credentials (user_id, kind, value, updated)
	with recursive n(i) as (select 1 union all select i + 1 from n where i < $N)
	select 'crowd-' || i, 'password', '$argon2id$v=19$m=19456,t=2,p=1,keyid=none$none$none', $NOW from n;
insert into sessions (id, cookie, user_id, attempt, auth_time, acr, amr, agent, address, created, seen, idle_until, expires)
	with recursive n(i) as (select 1 union all select i + 1 from n where i < $N)
	select 'crowd-s-' || i, $COOKIE, 'crowd-' || i, 'crowd-a-' || i, $NOW, 'urn:doorward:1fa', 'pwd', 'Chrome on Windows', '192.0.2.1',
		$NOW, $NOW, $LATER, $LATER from n;
insert into grants (id, kind, parent, client_id, user_id, session_id, code_id, code_issued, scopes, claims, resource, cnf, actor, offline,
		acr, amr, auth_time, generation, rotated_at, revoked_at, idle_until, expires, epoch, created)
	with recursive n(i) as (select 10 union all select i + 1 from n where i < 10 * $N + 9)
	select $RANDOM, 'code', '', 'bench', 'crowd-' || (i / 10), 'crowd-s-' || (i / 10), $RANDOM || i, $NOW, 'openid email', '', '', '', '', false,
		'urn:doorward:1fa', 'pwd', $NOW, 0, 0, 0, $LATER, $LATER, 1, $NOW from n;
`

// ownSQL is what the two databases say differently.
var ownSQL = map[string]struct{ random, cookie, after string }{
	"sqlite":   {"lower(substr(hex(randomblob(16)), 1, 26))", "randomblob(32)", ""},
	"postgres": {"substr(md5(random()::text), 1, 26)", "decode(md5(i::text) || md5(random()::text), 'hex')", "vacuum analyze;"},
}

// grown drives the same requests on an empty database and on a full one, in turns.
func (p plan) grown(ctx context.Context, db *database, at place) error {
	if db.shell == nil {
		fmt.Printf("\n%s, growth: left out, since its own shell (sqlite3, psql) is not at hand\n", db.name)
		return nil
	}
	var houses [2]*house
	var list []scenario
	for i := len(houses) - 1; i >= 0; i-- { // the full one takes minutes to fill: tokens of the other would be over by then
		address, err := db.make(ctx, "house_"+storage.NewID())
		if err != nil {
			return err
		}
		if i == 1 {
			if err := db.fill(ctx, address, crowded{count: p.growth, ended: -30 * 24 * time.Hour}); err != nil {
				return fmt.Errorf("fill: %w", err)
			}
		}
		if houses[i], err = startHouse(ctx, at, address, cheapHash); err != nil {
			return err
		}
		defer houses[i].stop()
	}
	small, large := p.chosen(houses[0].requests()), p.chosen(houses[1].requests())
	for i := range small {
		list = append(list, small[i], large[i])
	}
	results, err := p.turns(ctx, list, db)
	if err != nil {
		return err
	}
	var findings []finding
	for i := 0; i < len(list); i += 2 {
		empty, full := &results[i], &results[i+1]
		before, after := empty.perOp(empty.server+empty.database), full.perOp(full.server+full.database)
		note := fmt.Sprintf("%.3f beside %.3f ms; p99 %s beside %s ms; %d errors", after, before,
			milliseconds(full.percentile(0.99)), milliseconds(empty.percentile(0.99)), empty.errors+full.errors)
		findings = append(findings, finding{what: list[i].name, figure: after / before, unit: "times", goal: mostGrowth, note: note})
	}
	rss, err := memory(houses[1].server.pid(), "VmHWM")
	if err != nil {
		return err
	}
	findings = append(findings, finding{what: "peak memory of the server", figure: rss, unit: "MiB", goal: 200})
	printFindings(os.Stdout, fmt.Sprintf("%s, growth: %d people, %d sessions, %d grants, beside none", db.name, p.growth, p.growth, 10*p.growth), findings)
	return nil
}

// crowded is how many people came how long ago, and how long ago their sessions and grants ended.
type crowded struct {
	count       int
	came, ended time.Duration
}

// fill migrates an empty database and fills it through its own shell.
func (db *database) fill(ctx context.Context, address string, c crowded) error {
	fresh, err := storage.Open(ctx, address, storage.Options{})
	if err != nil {
		return err
	}
	now := fresh.Now()
	if err := fresh.Close(); err != nil {
		return err
	}
	own := ownSQL[db.name]
	text := strings.NewReplacer(
		"$NOW", fmt.Sprint(now.Add(-c.came).UnixMicro()), "$LATER", fmt.Sprint(now.Add(-c.ended).UnixMicro()), "$N", fmt.Sprint(c.count),
		"$RANDOM", own.random, "$COOKIE", own.cookie,
	).Replace(crowd) + own.after
	_, err = db.run(ctx, address, text)
	return err
}
