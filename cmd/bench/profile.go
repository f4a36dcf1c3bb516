package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// profile is where a server's CPU profile is had, and the folder that it goes to.
type profile struct{ from, folder string }

// take fetches a profile of the next seconds in the background, and says when it is there. What fails is told, and no more.
func (p *profile) take(ctx context.Context, name string, d time.Duration) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := p.fetch(ctx, name, d); err != nil {
			fmt.Fprintln(os.Stderr, "bench: profile:", err)
		}
	}()
	return done
}

func (p *profile) fetch(ctx context.Context, name string, d time.Duration) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s?seconds=%d", p.from, max(1, int(d.Seconds()))), nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if err := os.MkdirAll(p.folder, 0o755); err != nil {
		return err
	}
	file, err := os.Create(filepath.Join(p.folder, strings.NewReplacer(" ", "-", ",", "").Replace(name)+".pprof"))
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(file, response.Body)
	return err
}
