package main

import (
	"context"
	"errors"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/doorward/doorward/storage"
)

// nameFor is how long the doctor waits for a name server.
const nameFor = 2 * time.Second

// ask looks up something; an error that no such thing exists is none.
func ask[T any](ctx context.Context, name string, look func(context.Context, string) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, nameFor)
	defer cancel()
	answer, err := look(ctx, name)
	if dns := (*net.DNSError)(nil); errors.As(err, &dns) && dns.IsNotFound {
		err = nil
	}
	return answer, err
}

func couldNotAsk(name string, err error) []remark {
	return bad(hint, "see whether this machine reaches a name server", "could not ask for %s: %v", name, err)
}

// lookAtMail asks whether others will take letters of the sender's domain for letters (RFC 7208, RFC 7489).
func lookAtMail(ctx context.Context, d *doctor) []remark {
	if !d.config.Mail.on() {
		return bad(hint, "set mail.from and mail.smtp", "mail is not configured")
	}
	server, _ := d.config.mailServer() // config was checked
	_, domain, _ := strings.Cut(server.From.Address, "@")
	return slices.Concat(d.lookAtMX(ctx, domain), d.lookAtSPF(ctx, domain), d.lookAtDMARC(ctx, domain), d.lookAtDKIM(ctx, domain))
}

func (d *doctor) lookAtMX(ctx context.Context, domain string) []remark {
	mx, err := ask(ctx, domain, d.names.LookupMX)
	if err != nil {
		return couldNotAsk(domain+" MX", err)
	}
	if len(mx) > 0 {
		return ok("%s takes mail (MX %s)", domain, mx[0].Host)
	}
	addresses, err := ask(ctx, domain, d.names.LookupHost)
	switch {
	case err != nil:
		return couldNotAsk(domain, err)
	case len(addresses) == 0:
		return bad(wrong, "send from a domain of yours that exists, with an MX record", "%s has neither MX nor address: many refuse its letters, and nothing that comes back arrives", domain)
	}
	return bad(hint, "give it an MX record", "%s has no MX record", domain)
}

func (d *doctor) lookAtSPF(ctx context.Context, domain string) []remark {
	texts, err := ask(ctx, domain, d.names.LookupTXT)
	if err != nil {
		return couldNotAsk(domain+" TXT", err)
	}
	var policies []string
	for _, text := range texts {
		if text == "v=spf1" || strings.HasPrefix(text, "v=spf1 ") {
			policies = append(policies, text)
		}
	}
	const remedy = `publish one TXT record "v=spf1 … -all" that names your mail server`
	switch {
	case len(policies) == 0:
		return bad(wrong, remedy, "%s has no SPF record: letters land among spam", domain)
	case len(policies) > 1:
		return bad(wrong, remedy, "%s has %d SPF records, which count as none", domain, len(policies))
	case strings.Contains(policies[0]+" ", " +all ") || strings.Contains(policies[0]+" ", " all "):
		return bad(wrong, remedy, "%s lets the whole world send letters in its name: %s", domain, policies[0])
	}
	return ok("%s has an SPF record", domain)
}

func (d *doctor) lookAtDMARC(ctx context.Context, domain string) []remark {
	name := "_dmarc." + domain
	texts, err := ask(ctx, name, d.names.LookupTXT)
	if err != nil {
		return couldNotAsk(name+" TXT", err)
	}
	if !slices.ContainsFunc(texts, func(s string) bool { return strings.HasPrefix(s, "v=DMARC1") }) {
		return bad(hint, `publish a TXT record "v=DMARC1; p=quarantine" at `+name+` (a domain above may hold it)`, "%s has no DMARC record", domain)
	}
	return ok("%s has a DMARC record", domain)
}

// selectors are the names under which the usual senders publish what they sign letters with (RFC 6376 §3.6.2.1); nothing lists all of a
// domain.
var selectors = []string{"default", "dkim", "mail", "google", "selector1", "selector2", "s1", "s2", "k1", "smtp"}

func (d *doctor) lookAtDKIM(ctx context.Context, domain string) []remark {
	for _, name := range selectors {
		texts, err := ask(ctx, name+"._domainkey."+domain, d.names.LookupTXT)
		if err != nil {
			return couldNotAsk(name+"._domainkey."+domain, err)
		}
		for _, text := range texts {
			if strings.Contains(text, "p=") {
				return ok("%s publishes a DKIM key (%s)", domain, name)
			}
		}
	}
	return bad(hint, "see in the source of a letter of yours that it says dkim=pass", "%s has no DKIM key under a usual name; your mail server knows its own", domain)
}

const mostNames = 100 // of redirect URIs that are asked for

// lookAtRedirects looks where applications send people to.
func lookAtRedirects(ctx context.Context, d *doctor) []remark {
	clients, err := d.db.Clients(ctx)
	if err != nil {
		return bad(wrong, "see whether the database works", "%v", err)
	}
	found, owners := judgeRedirects(clients)
	found = append(found, d.lookUp(ctx, owners)...)
	if len(found) == 0 {
		return ok("of %d applications: each is https or of this machine, and each name is known", len(clients))
	}
	return found
}

// judgeRedirects finds plain http (which no rule of today lets in), and lists the other names, each with a client that has it.
func judgeRedirects(clients []storage.Client) ([]remark, map[string]string) {
	var found []remark
	owners := map[string]string{}
	for _, c := range clients {
		if c.Disabled {
			continue
		}
		for _, text := range slices.Concat(c.RedirectURIs, c.PostLogoutRedirectURIs) {
			u, err := url.Parse(text)
			switch {
			case err != nil || u.Scheme != "http" && u.Scheme != "https": // of an app on a device
			case loopback(u.Hostname()):
			case u.Scheme == "http":
				found = append(found, bad(wrong, "let the application speak https", "client %s: codes travel to %s for all to read", c.ID, text)...)
			case net.ParseIP(u.Hostname()) == nil:
				owners[u.Hostname()] = c.ID
			}
		}
	}
	return found, owners
}

// lookUp asks for all names at once.
func (d *doctor) lookUp(ctx context.Context, owners map[string]string) []remark {
	var found []remark
	var mu sync.Mutex
	var all sync.WaitGroup
	asked := 0
	for host, client := range owners {
		if asked++; asked > mostNames {
			break
		}
		all.Go(func() {
			addresses, err := ask(ctx, host, d.names.LookupHost)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				found = append(found, couldNotAsk(host, err)...)
			} else if len(addresses) == 0 {
				found = append(found, bad(hint, "see whether it is misspelt; a name that only visitors know is well", "client %s: this machine does not know the name %s", client, host)...)
			}
		})
	}
	all.Wait()
	slices.SortFunc(found, func(a, b remark) int { return strings.Compare(a.Found, b.Found) })
	return found
}
