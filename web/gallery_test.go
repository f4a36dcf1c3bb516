package web_test

import "github.com/doorward/doorward/web"

// gallery is a page of everything that pages are made of, so that each class is laid out in Chromium.
const gallery = `
	<p class="sub">{{b "error.host" "issuer" .Data.App}}</p>
	<div class="warn"><p>{{b "error.app"}}</p></div>
	<div class="notice good"><p>{{b "error.app"}}</p></div>
	<form method="post" action="/gallery" novalidate>
		<label for="password">Password</label>
		<div class="beside"><input id="password" name="password" type="password" autocomplete="current-password"></div>
		<label for="code">Code</label>
		<input class="code" id="code" name="code" autocomplete="one-time-code">
		<button class="btn">{{t "error.again"}}</button>
		<div class="or">or</div>
		<button class="btn google">{{google}}<span>{{t "error.again"}}</span></button>
		<div class="row"><button class="btn alt">Cancel</button><button class="btn danger">Allow</button></div>
		<button class="btn alt danger">Cancel</button>
		<label class="check"><input type="checkbox" name="saved"> Allow</label>
	</form>
	<nav class="links"><a href="/a">Change</a><a href="/b">Where is my customer number?</a></nav>
	{{.Data.Code.Drawn (t "error.code")}}
	<code class="key">JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP</code>
	<ol class="codes">{{range .Data.Codes}}<li>{{.}}</li>{{end}}</ol>
	<section>
	<h2>Where you are signed in <span class="count">2</span></h2>
	<ul class="rows">
	<li><div><strong>Firefox on Linux</strong> <span class="tag">this browser</span><p class="hint">since 08:14, last seen today; Grafana, GitLab</p></div>
	<form method="post" action="/x"><button class="btn alt small">Sign out</button></form></li>
	<li><div><strong>{{.Title}}</strong><p class="hint">{{.Title}}</p></div>
	<form method="post" action="/x"><button class="btn alt danger small">Sign out</button></form></li>
	</ul>
	</section>`

type galleryPage struct {
	App   string
	Code  web.QR
	Codes []string
}

// galleryView draws a code of 41 modules with a pattern that compresses as badly as a real one.
func galleryView(lang string) web.View {
	black := func(x, y int) bool { return (x*x*31+y*y*17+x*y*7)%5 < 2 }
	return web.View{Name: "gallery", Lang: lang, Title: "Set up your authenticator app", Switch: "/gallery", Wide: true, Data: galleryPage{"Grafana", web.QR{Size: 41, Black: black},
		[]string{"7f3k-92qa", "x0rt-44mm", "kk2p-8h1z", "0c9d-w5vn", "b7e6-tt3x"}}}
}
