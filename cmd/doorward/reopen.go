package main

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// How settings are changed while the house is open:
//
//	look      each node sees within a second that their version has risen; the one where they were changed knows at once
//	build     the doors are built anew, beside those that are open; where that fails, the old ones stay, and the log says why
//	swap      the next request goes through the new ones
//	leave     what is under way in the former ones is answered, then what works behind them ends
const (
	followEvery = time.Second
	leaveAfter  = time.Minute // more than a request may take
)

// enter is how a request comes into the present rooms; it is called once more, by leave, when the request is done.
func (h *house) enter() (*rooms, func()) {
	h.moving.RLock()
	defer h.moving.RUnlock()
	h.open.guests.Add(1)
	return h.open, h.open.guests.Done
}

// present are the rooms that are open now.
func (h *house) present() *rooms {
	h.moving.RLock()
	defer h.moving.RUnlock()
	return h.open
}

// visitors answers whoever comes to the house's own address.
func (h *house) visitors() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		now, leave := h.enter()
		defer leave()
		now.handler.ServeHTTP(w, r)
	})
}

// forConsole answers whoever comes to console.listen.
func (h *house) forConsole() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		now, leave := h.enter()
		defer leave()
		now.console.ServeHTTP(w, r)
	})
}

// follow looks for changed settings until ctx ends. It says once of each version that it cannot be had, and tries again unless the settings are at fault.
func (h *house) follow(ctx context.Context) {
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	refused, told := int64(-1), int64(-1)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		version, err := h.db.SettingsVersion(ctx)
		if err != nil || version == h.present().version || version == refused {
			continue // that the database is away is told by others
		}
		err = h.reopen(ctx)
		if err == nil || ctx.Err() != nil {
			continue
		}
		if wrong := (faults)(nil); errors.As(err, &wrong) {
			refused = version // it will not get better
		}
		if told != version {
			h.log.Error("the settings of the console cannot be followed, the former ones hold", "version", version, "error", err)
			told = version
		}
	}
}

// reopen builds the rooms as the settings now say, unless they are so already, and opens them in the place of the former ones.
func (h *house) reopen(ctx context.Context) error {
	h.building.Lock()
	defer h.building.Unlock()
	if h.draining.Load() {
		return nil
	}
	base := *h.foundation
	var err error
	if base.config, base.version, err = base.settled(ctx); err != nil {
		return err
	}
	if base.version == h.present().version {
		return nil
	}
	next, err := h.newRooms(&base)
	if err != nil {
		return err
	}
	h.swap(next)
	return nil
}

// swap opens rooms in the place of the present ones. Who calls it holds building.
func (h *house) swap(next *rooms) {
	next.run(h.working)
	h.moving.Lock()
	former := h.open
	h.open = next
	h.moving.Unlock()
	h.behind.Go(func() { former.leave(h.working) })
	h.log.Info("settings have changed: the rooms are opened anew", "version", next.version)
}

// leave waits for the requests under way, then ends what works behind these rooms.
func (r *rooms) leave(ctx context.Context) {
	gone := make(chan struct{})
	go func() {
		r.guests.Wait()
		close(gone)
	}()
	select {
	case <-gone:
	case <-ctx.Done():
	case <-time.After(leaveAfter):
	}
	r.close()
}

// close ends what works behind the rooms, and waits for its end.
func (r *rooms) close() {
	r.stop()
	r.behind.Wait()
}
