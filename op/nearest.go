package op

import (
	"context"
	"strings"
)

// maxTypo is how many letters a mistyped client_id differs in at most.
const maxTypo = 2

// nearest is the id of the client that was probably meant by an unknown one, "" when none is like it. However many
// invented ids come, the clients are read only when one has changed, once a second at most.
func (p *Provider) nearest(ctx context.Context, sent string) string {
	const longest = 100 // bytes of an id that is compared at all
	typed := strings.ToLower(strings.TrimSpace(sent))
	if typed == "" || len(typed) > longest {
		return ""
	}
	found, best := "", maxTypo+1
	for _, id := range p.clients.all(ctx, p.store).ids {
		d := distance(typed, strings.ToLower(id))
		if id != sent && d < best && 2*d < len(typed) {
			found, best = id, d
		}
	}
	return found
}

// distance is how many letters must be added, dropped, changed or swapped with their neighbour to come from a to b
// (optimal string alignment); more than maxTypo stands for any number above it.
func distance(a, b string) int {
	if len(a)-len(b) > maxTypo || len(b)-len(a) > maxTypo {
		return maxTypo + 1
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
