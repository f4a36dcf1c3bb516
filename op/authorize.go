package op

import "net/http"

func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) error { panic("stub") }

func (p *Provider) authorizeByPost(w http.ResponseWriter, r *http.Request) error { panic("stub") }
