package main_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

func moves(list ...move) []move { return list }

// open goes to a path of the house.
func open(path string) move {
	return func(g *guide) { g.do(chromedp.Navigate(g.issuer + path)) }
}

// authorize comes from an application. What it answers with leads to a place that nobody serves, so the visit goes on from there.
func authorize(client string, more url.Values) move {
	return func(g *guide) {
		h := &intruder{server: g.server}
		_ = chromedp.Do(g.ctx, chromedp.Navigate(h.authorizeURL(client, func(q url.Values) {
			for name, values := range more {
				q[name] = values
			}
		})))
	}
}

// elsewhere waits until the browser has left for an application, where nobody answers.
func elsewhere(g *guide) {
	g.until("the browser to leave", func() bool { return !strings.HasPrefix(g.address(), g.issuer) })
}

// press clicks, once the page has it, and waits for the next page.
func press(selector string) move {
	return func(g *guide) {
		g.page("", selector)
		g.leave(chromedp.Click(chromedp.CSS(selector)))
	}
}

// enter types a whole code: it goes on by itself.
func enter(selector string, what func(*guide) string) move {
	return func(g *guide) {
		g.page("", selector)
		g.leave(chromedp.SendKeys(chromedp.CSS(selector), what(g)))
	}
}

// fill types into a field.
func fill(selector string, what func(*guide) string) move {
	return func(g *guide) {
		g.page("", selector)
		g.do(chromedp.SendKeys(chromedp.CSS(selector), what(g)))
	}
}

func word(text string) func(*guide) string { return func(*guide) string { return text } }
func person(g *guide) string               { return g.email }
func password(*guide) string               { return annaPassword }
func mailed(g *guide) string               { return g.code() }
func invited(g *guide) string              { return guests[g.lang] }

// as goes on as somebody else.
func as(who func(*guide) string) move { return func(g *guide) { g.email = who(g) } }

// follow opens the link that begins so in the newest letter to somebody.
func follow(to func(*guide) string, path string) move {
	return func(g *guide) {
		address := regexp.MustCompile(regexp.QuoteMeta(g.issuer+path) + `[^\s"<>]+`)
		g.do(chromedp.Navigate(g.inLetter(to(g), address)))
	}
}

// clear is another browser.
func clear(g *guide) {
	if _, err := chromedp.Call(g.ctx, network.ClearBrowserCookies, struct{}{}); err != nil {
		g.visitor.t.Fatal(err)
	}
}

// scan keeps the key that the page shows.
func scan(g *guide) {
	key, err := chromedp.Run(g.ctx, chromedp.TextContent(chromedp.CSS("#key")))
	if err != nil {
		g.visitor.t.Fatal(err)
	}
	g.key = strings.ReplaceAll(key, " ", "")
}

// app is what an authenticator app shows so many steps from now (RFC 6238).
func app(steps int) func(*guide) string {
	return func(g *guide) string {
		key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(g.key)
		if err != nil {
			g.visitor.t.Fatal(err)
		}
		mac := hmac.New(sha1.New, key)
		_ = binary.Write(mac, binary.BigEndian, time.Now().Unix()/30+int64(steps)) // a hash takes everything
		sum := mac.Sum(nil)
		return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[sum[19]&15:])&0x7fffffff%1000000)
	}
}
