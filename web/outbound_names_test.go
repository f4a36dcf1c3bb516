package web_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/doorward/doorward/web"
	"golang.org/x/net/dns/dnsmessage"
)

// childOf marks a run of the test binary as a child of one test: names and proxies are of a whole process.
const childOf = "OUTBOUND_CHILD"

// inChild runs the present test again in a process with this environment, and says whether this is that process.
func inChild(t *testing.T, environment ...string) bool {
	t.Helper()
	if os.Getenv(childOf) == t.Name() {
		return true
	}
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.count=1")
	child.Env = append(os.Environ(), append(environment, childOf+"="+t.Name())...)
	if out, err := child.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	return false
}

// names is a DNS server of our own; how often it was asked it counts.
type names struct {
	asked   atomic.Int32
	answers map[string][]dnsmessage.ResourceBody // by name without the dot at its end
}

// rule lets every name of this process be looked up here.
func (n *names) rule(t *testing.T) {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	go func() {
		buffer := make([]byte, 1500)
		for size, from, err := server.ReadFrom(buffer); err == nil; size, from, err = server.ReadFrom(buffer) {
			server.WriteTo(n.answer(buffer[:size]), from)
		}
	}()
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
}

func (n *names) answer(query []byte) []byte {
	var m dnsmessage.Message
	if m.Unpack(query) != nil || len(m.Questions) != 1 {
		return nil
	}
	n.asked.Add(1)
	asked := m.Questions[0]
	m.Response, m.Additionals = true, nil
	name := asked.Name
	for _, body := range n.answers[strings.TrimSuffix(strings.ToLower(name.String()), ".")] {
		kind := dnsmessage.TypeA
		switch alias := body.(type) {
		case *dnsmessage.AAAAResource:
			kind = dnsmessage.TypeAAAA
		case *dnsmessage.CNAMEResource: // what follows is of the name that it leads to
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: name, Type: dnsmessage.TypeCNAME, Class: dnsmessage.ClassINET}, Body: body})
			name = alias.CNAME
			continue
		}
		if kind == asked.Type {
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: name, Type: kind, Class: dnsmessage.ClassINET}, Body: body}) // TTL 0
		}
	}
	packed, err := m.Pack()
	if err != nil {
		panic(err)
	}
	return packed
}

func TestANameLeadsToNoPrivateAddress(t *testing.T) { // SR-03
	if !inChild(t) {
		return
	}
	four := func(a, b, c, d byte) dnsmessage.ResourceBody { return &dnsmessage.AResource{A: [4]byte{a, b, c, d}} }
	six := func(text string) dnsmessage.ResourceBody {
		return &dnsmessage.AAAAResource{AAAA: [16]byte(net.ParseIP(text).To16())}
	}
	ours := &names{answers: map[string][]dnsmessage.ResourceBody{
		"here.test":    {four(127, 0, 0, 1)},
		"six.test":     {six("::1")},
		"both.test":    {four(127, 0, 0, 1), six("::1")},
		"private.test": {four(10, 0, 0, 1), four(192, 168, 0, 1), four(169, 254, 169, 254)},
		"mapped.test":  {six("::ffff:127.0.0.1"), six("64:ff9b::7f00:1"), six("2002:7f00:1::"), six("fd00:ec2::254")},
		"vouched.test": {four(127, 0, 0, 1)},
		"alias.test":   {&dnsmessage.CNAMEResource{CNAME: dnsmessage.MustNewName("here.test.")}, four(127, 0, 0, 1)},
	}}
	ours.rule(t)
	e := newElsewhere(t, says("{}"))
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(e.URL, "http://"))
	out := vouching(t, "http://vouched.test:"+port)
	for name := range ours.answers {
		before := ours.asked.Load()
		if _, err := out.Get(t.Context(), "https://"+name+"/jwks"); !errors.Is(err, web.ErrOutbound) {
			t.Errorf("%s: %v", name, err)
		}
		if ours.asked.Load() == before {
			t.Errorf("%s was not looked up", name)
		}
	}
	if _, err := out.Get(t.Context(), "https://nowhere.test/"); !errors.Is(err, web.ErrOutbound) {
		t.Errorf("a name of nobody: %v", err)
	}
	if _, err := out.Get(t.Context(), "http://vouched.test:"+port+"/jwks"); err != nil { // the same address
		t.Errorf("a name that the operator vouches for: %v", err)
	}
}

func TestNoProxyAndNoCredentialsOfTheEnvironmentAreUsed(t *testing.T) { // SR-08
	var used atomic.Int32
	proxy := newElsewhere(t, func(w http.ResponseWriter, _ *http.Request) { used.Add(1) })
	home := t.TempDir()
	if err := os.WriteFile(home+"/.netrc", []byte("default login us password secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if !inChild(t, "HTTP_PROXY="+proxy.URL, "HTTPS_PROXY="+proxy.URL, "ALL_PROXY="+proxy.URL, "http_proxy="+proxy.URL, "NO_PROXY=", "no_proxy=", "HOME="+home) {
		if used.Load() != 0 {
			t.Errorf("the proxy was asked %d times", used.Load())
		}
		return
	}
	(&names{answers: map[string][]dnsmessage.ResourceBody{"apps.test": {&dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}}}}}).rule(t)
	e := newElsewhere(t, says("{}"))
	origin := "http://apps.test:" + e.URL[strings.LastIndex(e.URL, ":")+1:]
	if proxied, err := http.ProxyFromEnvironment(&http.Request{URL: mustParse(t, origin)}); err != nil || proxied == nil {
		t.Fatalf("the environment names no proxy: %v, %v", proxied, err)
	}
	if _, err := vouching(t, origin).Get(t.Context(), origin); err != nil || e.asked.Load() != 1 || e.last.Load().Header.Get("Authorization") != "" {
		t.Errorf("%v; asked %d times", err, e.asked.Load())
	}
}

func mustParse(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
