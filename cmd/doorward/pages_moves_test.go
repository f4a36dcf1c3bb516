package main_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

func moves(list ...move) []move { return list }

// open goes to a path of the house.
func open(path string) move {
	return func(g *guide) { g.do(chromedp.Navigate(g.issuer + path)) }
}

// authorize comes from an application. What it answers with may lead to a place that nobody serves, so the visit goes on from there.
func authorize(client string, other url.Values) move {
	return func(g *guide) { _ = chromedp.Do(g.ctx, chromedp.Navigate(g.authorizeURL(client, other))) }
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

// enter types a whole code: it goes on by itself, but for the one after a wrong one.
func enter(selector string, what func(*guide) string) move {
	return func(g *guide) {
		g.page("", selector)
		code := what(g)
		if goes, err := chromedp.Run(g.ctx, chromedp.Evaluate[bool](`document.querySelector("#code-goes") !== null`)); err == nil && goes {
			g.leave(chromedp.SendKeys(chromedp.CSS(selector), code))
			return
		}
		g.do(chromedp.SendKeys(chromedp.CSS(selector), code))
		press("#submit")(g)
	}
}

// fill types into a field.
func fill(selector string, what func(*guide) string) move {
	return func(g *guide) {
		g.page("", selector)
		g.do(chromedp.SendKeys(chromedp.CSS(selector), what(g)))
	}
}

// empty takes out of a field what stands there.
func empty(selector string) move {
	return func(g *guide) {
		g.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("` + selector + `").value = ""`))
	}
}

func word(text string) func(*guide) string { return func(*guide) string { return text } }
func person(g *guide) string               { return g.email }
func password(*guide) string               { return annaPassword }
func mailed(g *guide) string               { return g.code() }

// as goes on as somebody else.
func as(email string) move { return func(g *guide) { g.email = email } }

// often does the same until the page complains with the text of this key.
func often(key string, list ...move) move {
	return func(g *guide) {
		g.visitor.t.Helper()
		for range 12 {
			for _, move := range list {
				move(g)
			}
			g.page("", ".problem li")
			if said, err := chromedp.Run(g.ctx, chromedp.TextContent(chromedp.CSS(".problem li"))); err == nil && g.headed(key).MatchString(said) {
				return
			}
		}
		g.visitor.t.Fatalf("the page never says %s", g.headed(key))
	}
}

// inLink is a link to a path of the house, as a letter has it.
func (g *guide) inLink(path string) *regexp.Regexp {
	return regexp.MustCompile(regexp.QuoteMeta(g.issuer+path) + `[^\s"<>]+`)
}

// keep remembers the link that begins so in the person's newest letter with one; follow opens such a link, another than that.
func keep(path string) move {
	return func(g *guide) { g.kept = g.inLetter(g.email, g.inLink(path)) }
}

func follow(path string) move {
	return func(g *guide) {
		link := ""
		g.until("another link", func() bool { link = g.inLetter(g.email, g.inLink(path)); return link != g.kept })
		g.do(chromedp.Navigate(link))
	}
}

// remember keeps the address of this page; comeBack opens what was kept, and keeps where it came from.
func remember(g *guide) { g.kept = g.address() }

func comeBack(g *guide) {
	here := g.address()
	g.do(chromedp.Navigate(g.kept))
	g.kept = here
}

// again loads the same page.
func again(g *guide) { g.do(chromedp.Navigate(g.address())) }

// scan keeps the key that the page shows, and note a recovery code.
func scan(g *guide) { g.key = strings.ReplaceAll(g.text("#key"), " ", "") }
func note(g *guide) { g.spare = g.text("#codes li") }

func spare(g *guide) string { return g.spare }

// app is what an authenticator app shows so many steps from now (RFC 6238).
func app(steps int) func(*guide) string {
	return func(g *guide) string {
		key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(g.key)
		g.must(err)
		mac := hmac.New(sha1.New, key)
		_ = binary.Write(mac, binary.BigEndian, g.Now().Unix()/30+int64(steps)) // a hash takes everything
		sum := mac.Sum(nil)
		return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[sum[19]&15:])&0x7fffffff%1000000)
	}
}

// reads opens the person's newest letter that has this in subject or text.
func reads(what *regexp.Regexp) move {
	return func(g *guide) {
		g.inLetter(g.email, what)
		g.do(chromedp.Navigate("data:text/html;charset=utf-8;base64," + base64.StdEncoding.EncodeToString(g.html(g.email, what))))
	}
}

// clear is another browser.
func clear(g *guide) {
	if _, err := chromedp.Call(g.ctx, network.ClearBrowserCookies, struct{}{}); err != nil {
		g.visitor.t.Fatal(err)
	}
}

func wait(d time.Duration) move { return func(g *guide) { g.Later(d) } }

// invite sends the person another invitation.
func invite(g *guide) { g.Invited(g.email, "Carla Lund") }

// state is what an operator makes of the person.
func state(of string) move {
	return func(g *guide) {
		g.must(g.DB().SetUserState(context.Background(), g.Person(g.email).ID, of, storage.Event{Actor: "operator"}))
	}
}

func switchOff(client string) move {
	return func(g *guide) {
		g.must(g.DB().SetClientDisabled(context.Background(), client, true, storage.Event{Actor: "operator"}))
	}
}

// fewCodes leaves the person two recovery codes.
func fewCodes(g *guide) {
	g.must(g.DB().PutRecovery(context.Background(), g.Person(g.email).ID, [][]byte{keys.HashSecret("one"), keys.HashSecret("two")}, storage.Event{Actor: "operator"}))
}

// breaks takes the database away.
func breaks(g *guide) { g.Breaks() }

// crowded moves while too many people sign in.
func crowded(m move) move {
	return func(g *guide) {
		stop := g.Crowds()
		defer stop()
		m(g)
	}
}

// elsewherePost is a form on another site that posts to us.
func elsewherePost(path string) move {
	return func(g *guide) {
		form := `<form method="post" action="` + g.issuer + path + `"><button id="x">x</button></form>`
		g.do(chromedp.Navigate("data:text/html;base64," + base64.StdEncoding.EncodeToString([]byte(form))))
		press("#x")(g)
	}
}

// lie lets the provider lie in its next answers; "" ends that.
func lie(name string) move { return func(g *guide) { g.google.set("/fault?name=" + name) } }

// drawn waits for the logo.
func drawn(g *guide) {
	g.page("", "img.logo")
	g.is("the logo to be drawn", `document.querySelector("img.logo").complete && document.querySelector("img.logo").naturalWidth > 0`)
}

func (g *guide) must(err error) {
	g.visitor.t.Helper()
	if err != nil {
		g.visitor.t.Fatal(err)
	}
}
