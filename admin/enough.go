package admin

import (
	"fmt"
	"strconv"
	"time"
)

// Enough says that an actor has done something as often as they may, and how long to wait.
type Enough struct {
	What string // was done, for programs
	Wait time.Duration

	text string // key of what a page says
}

// Error says it to programs.
func (e *Enough) Error() string {
	return fmt.Sprintf("%s six times already: wait %d minutes", e.What, e.Minutes())
}

// Minutes is the wait, rounded up.
func (e *Enough) Minutes() int { return int((e.Wait + time.Minute - 1) / time.Minute) }

// RetryAfter is the wait in seconds, rounded up (RFC 9110 §10.2.3).
func (e *Enough) RetryAfter() string {
	return strconv.Itoa(int((e.Wait + time.Second - 1) / time.Second))
}
