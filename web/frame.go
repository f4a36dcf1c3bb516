package web

import (
	"net/url"
	"slices"
	"strings"
)

// Framed says whether a page may open this address in a frame: http or https, at an origin that a policy can name. The policy
// is a text that a strange host would add to.
func Framed(address string) bool { return frameOrigin(address) != "" }

func frameOrigin(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || strings.ContainsFunc(u.Host, oddInHost) {
		return ""
	}
	return originOf(u)
}

func oddInHost(r rune) bool {
	letter := r|0x20 >= 'a' && r|0x20 <= 'z'
	return !letter && !strings.ContainsRune("0123456789-.:[]", r)
}

// frameSources is what a policy says of frames: exactly the origins that stand in them (CSP 3 §6.1.6).
func frameSources(frames []string) string {
	var origins []string
	for _, address := range frames {
		if origin := frameOrigin(address); !slices.Contains(origins, origin) {
			origins = append(origins, origin)
		}
	}
	if len(origins) == 0 {
		return ""
	}
	return "frame-src " + strings.Join(origins, " ") + "; "
}
