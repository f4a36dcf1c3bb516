package main

import (
	"fmt"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/keys"
)

type keysGroup struct {
	Rotate keysRotate `cmd:"" help:"Publish the next signing keys."`
	Rewrap keysRewrap `cmd:"" help:"Make a new master key and seal all working keys under it."`
}

type keysRotate struct {
	configured
	because
	Now bool `help:"Sign with the new keys at once. Only when an old key is in wrong hands: applications that keep our keys in a cache refuse new tokens for a while."`
}

// Help is shown by `doorward keys rotate --help`.
func (keysRotate) Help() string {
	return `New keys of every algorithm are published first, used once all applications have had the time to fetch them,
and the old ones stay published until the last token signed by them has expired. Servers do the same by
themselves as keys grow old.

With PostgreSQL the running servers follow within a second. With SQLite, stop the server first.`
}

func (k keysRotate) Run(o outside) error {
	return k.with(o, func(f *foundation) error {
		if err := f.desk(nil).RotateKeys(o.ctx, admin.Operator(), k.Now, k.why()); err != nil {
			return err
		}
		text := "The next signing keys are published; they are used once applications have had the time to fetch them."
		if k.Now {
			text = "The new signing keys are published and used from now on."
		}
		_, err := fmt.Fprintln(o.stdout, text)
		return err
	})
}

type keysRewrap struct {
	configured
	because
}

// Help is shown by `doorward keys rewrap --help`.
func (keysRewrap) Help() string {
	return `Adds a new active key to the master key file, keeps the old ones for reading, and seals every working key in the
database under the new one, in one transaction. No token, session or password is touched. When it is done and every
server has been started again with the new file, the old lines may be removed from it, and from its copies.

When the master key comes from DOORWARD_MASTER_KEY, give that a new active line first; this command then only seals.

With SQLite, stop the server first.`
}

func (k keysRewrap) Run(o outside) error {
	config, err := loadConfig(k.Config, o.environ)
	if err != nil {
		return err
	}
	return k.with(o, func(f *foundation) error {
		master := f.master
		if config.MasterKey == "" {
			if master, err = keys.AddMaster(config.MasterKeyFile); err != nil {
				return err
			}
		}
		n, err := f.desk(nil).RewrapKeys(o.ctx, admin.Operator(), master, k.why())
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(o.stdout, "%d working keys are sealed under the new master key.\n", n)
		return err
	})
}
