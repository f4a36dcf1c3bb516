package op

import "net/http"

func (p *Provider) userinfo(w http.ResponseWriter, r *http.Request) error { panic("stub") }
