package op

import "github.com/doorward/doorward/web"

func (p *Provider) discovery() web.Handler { panic("stub") }

func (p *Provider) jwks() web.Handler { panic("stub") }
