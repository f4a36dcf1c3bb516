package op

import "context"

// WriteCounts is what the background does each second; at the end when end is set.
func (p *Provider) WriteCounts(ctx context.Context, end bool) { p.writeCounts(ctx, end) }
