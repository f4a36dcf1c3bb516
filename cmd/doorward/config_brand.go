package main

import (
	"errors"
	"fmt"
	"os"
	"time"
	_ "time/tzdata" // time_zone has a name, and a machine may not know it

	"github.com/doorward/doorward/web"
)

// BrandConfig is what a company makes of the pages.
type BrandConfig struct {
	LogoFile string       `yaml:"logo_file"`
	Accent   string       `yaml:"accent"` // like "#1d4ed8"
	Links    []LinkConfig `yaml:"links"`

	logo string // the picture itself, from the console
}

// LinkConfig is a link at the foot of every page.
type LinkConfig struct {
	Name string `yaml:"name"`
	URL  string `yaml:"url"`
}

// mostLinks keeps the foot of a page a line or two.
const mostLinks = 6

// brand is what pages need of it. Its faults are of the settings that are named in it.
func (c Config) brand() (web.Brand, faults) {
	var found faults
	blame := func(path string, err error) {
		if err != nil {
			found = append(found, c.places.fault("brand."+path, "%s", err))
		}
	}
	b := web.Brand{Accent: c.Brand.Accent}
	blame("accent", web.CheckAccent(c.Brand.Accent))
	var err error
	b.Logo, err = c.Brand.readLogo()
	blame("logo_file", err)
	if len(c.Brand.Links) > mostLinks {
		blame("links", fmt.Errorf("are %d; at most %d find room", len(c.Brand.Links), mostLinks))
	}
	for i, l := range c.Brand.Links {
		link := web.Link{Name: l.Name, URL: l.URL}
		blame(fmt.Sprintf("links[%d]", i), link.Check())
		b.Links = append(b.Links, link)
	}
	return b, found
}

// readLogo gives none where none is given.
func (c BrandConfig) readLogo() (*web.Logo, error) {
	data := []byte(c.logo)
	if c.LogoFile != "" {
		var err error
		if data, err = os.ReadFile(c.LogoFile); err != nil { //nolint:gosec // the operator names the file
			return nil, errors.New(plain(err))
		}
	} else if c.logo == "" {
		return nil, nil
	}
	return web.ReadLogo(data)
}

func (c Config) checkBrand() faults {
	_, found := c.brand()
	return found
}

// checkZone wants a name that means the same on every machine: "Local" is where a machine happens to stand.
func checkZone(name string) error {
	if name == "" || name == "Local" {
		return errors.New("must be a name like Europe/Berlin, or UTC")
	}
	if _, err := time.LoadLocation(name); err != nil {
		return fmt.Errorf("%q is not a name like Europe/Berlin", name)
	}
	return nil
}

// zone is time_zone; check has seen that there is one.
func (c Config) zone() *time.Location {
	zone, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		return time.UTC
	}
	return zone
}
