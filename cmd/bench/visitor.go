package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// visitor is a browser without scripts that signs in once, through the forms that a person fills in.
type visitor struct {
	client *http.Client
	fields map[string]string // what it types into fields that are empty
}

// newVisitor is a browser without a cookie, on the connection of a worker.
func newVisitor(w *worker, fields map[string]string) (*visitor, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	client := *w.client
	client.Jar = jar
	return &visitor{client: &client, fields: fields}, nil
}

// arrive opens an address and fills in every form on the way, until the server sends the browser to a place that begins with end.
func (v *visitor) arrive(ctx context.Context, address, end string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	for range 20 {
		response, err := v.client.Do(request)
		if err != nil {
			return "", err
		}
		if request, err = v.next(ctx, response); err != nil {
			return "", err
		}
		if at := request.URL.String(); strings.HasPrefix(at, end) {
			return at, nil
		}
	}
	return "", errors.New("twenty pages did not lead to the end of the sign-in")
}

// before opens an address, fills in forms, and stops with the request in hand that would send the field.
func (v *visitor) before(ctx context.Context, address, field string) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	for range 20 {
		if err != nil {
			return nil, err
		}
		if request.GetBody != nil {
			body, _ := request.GetBody() // of a strings.Reader, which is never at fault
			text, _ := io.ReadAll(body)
			if form, err := url.ParseQuery(string(text)); err == nil && form.Get(field) != "" {
				return request, nil
			}
		}
		var response *http.Response
		if response, err = v.client.Do(request); err == nil {
			request, err = v.next(ctx, response)
		}
	}
	return nil, fmt.Errorf("twenty pages did not ask for the %s", field)
}

// next is the request that the answer asks for: a redirect, a Refresh, or its form filled in.
func (v *visitor) next(ctx context.Context, r *http.Response) (*http.Request, error) {
	defer r.Body.Close()
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20)) // to its end, so that the connection is used again
	if err != nil {
		return nil, err
	}
	to := r.Header.Get("Location")
	if _, refresh, ok := strings.Cut(r.Header.Get("Refresh"), "url="); ok {
		to = refresh
	}
	if to != "" {
		address, err := r.Request.URL.Parse(to)
		if err != nil {
			return nil, err
		}
		return http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	}
	page, err := html.Parse(strings.NewReader(string(body)))
	if err != nil {
		return nil, err
	}
	form := find(page, "form")
	if form == nil || r.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %s without a form to fill in", r.Request.URL.Path, r.Status)
	}
	return v.submit(ctx, r.Request.URL, form)
}

func (v *visitor) submit(ctx context.Context, from *url.URL, form *html.Node) (*http.Request, error) {
	values := url.Values{}
	for n := range form.Descendants() {
		if n.Type != html.ElementNode || n.Data != "input" || attribute(n, "name") == "" {
			continue
		}
		name, value := attribute(n, "name"), attribute(n, "value")
		if typed, ok := v.fields[name]; ok && value == "" {
			value = typed
		}
		values.Set(name, value)
	}
	action, err := from.Parse(attribute(form, "action"))
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, action.String(), strings.NewReader(values.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", from.Scheme+"://"+from.Host)
	return request, nil
}

func find(n *html.Node, tag string) *html.Node {
	for c := range n.Descendants() {
		if c.Type == html.ElementNode && c.Data == tag {
			return c
		}
	}
	return nil
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
