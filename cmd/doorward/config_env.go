package main

import (
	"errors"
	"maps"
	"os"
	"reflect"
	"strconv"
	"strings"
)

const (
	envPrefix = "DOORWARD_"
	envTest   = "DOORWARD_TEST_" // read by tests only
)

// variable is one setting that the environment may give.
type variable struct {
	path string
	set  func(text string) error
}

// overlay lets the environment decide: DOORWARD_A_B gives a.b, DOORWARD_A_B_FILE names a file that holds it. A list is
// separated by commas. A variable that is no setting is a fault: a misspelt one would silently leave the default.
func overlay(c *Config, environ []string) faults {
	known := variables(c)
	var found faults
	decided := map[string]string{}
	for _, line := range environ {
		name, value, _ := strings.Cut(line, "=")
		if !strings.HasPrefix(name, envPrefix) || strings.HasPrefix(name, envTest) {
			continue
		}
		to, ok := known[name]
		if !ok {
			base, isFile := strings.CutSuffix(name, "_FILE")
			if to, ok = known[base]; !ok || !isFile {
				found = append(found, fault{Path: name, Why: "there is no such setting"})
				continue
			}
			data, err := os.ReadFile(value) //nolint:gosec // the operator names the file
			if err != nil {
				found = append(found, fault{Path: name, Why: plain(err)})
				continue
			}
			value = strings.TrimRight(string(data), "\r\n")
		}
		if other, twice := decided[to.path]; twice {
			found = append(found, fault{Path: name, Why: "gives the same setting as " + other})
			continue
		}
		decided[to.path] = name
		c.places[to.path] = place{Env: name}
		if err := to.set(value); err != nil {
			found = append(found, fault{Path: name, Why: err.Error()})
		}
	}
	return found
}

// variables are the names of all settings that the environment may give. Applications are declared in the file;
// their secrets may come from here, under their id in capitals.
func variables(c *Config) map[string]variable {
	known := map[string]variable{}
	collect(known, reflect.ValueOf(c).Elem(), "")
	known[envPrefix+"MASTER_KEY"] = variable{"master_key", text(&c.MasterKey)}
	known[envPrefix+"GOOGLE_CLIENT_SECRET"] = variable{"google.client_secret_file", text(&c.Google.secret)}
	known[envPrefix+"MAIL_SMTP_PASSWORD"] = variable{"mail.smtp.password_file", text(&c.Mail.SMTP.password)}
	for i := range c.Clients {
		client := &c.Clients[i]
		name := client.variable()
		if _, taken := known[name]; taken {
			known[name] = variable{} // two ids are spelt alike in capitals: neither may get the other's secret
			continue
		}
		known[name] = variable{name, text(&client.secret)}
	}
	maps.DeleteFunc(known, func(_ string, v variable) bool { return v.set == nil })
	return known
}

func collect(known map[string]variable, v reflect.Value, path string) {
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag.Get("yaml")
		if tag == "" || tag == "-" {
			continue
		}
		field, at := v.Field(i), joinPath(path, tag)
		name := envPrefix + strings.ToUpper(strings.ReplaceAll(at, ".", "_"))
		switch to := field.Addr().Interface().(type) {
		case *string:
			known[name] = variable{at, text(to)}
		case *int:
			known[name] = variable{at, number(to)}
		case *bool:
			known[name] = variable{at, yesOrNo(to)}
		case *[]string:
			known[name] = variable{at, func(s string) error { *to = splitList(s); return nil }}
		case *TLSConfig, *BrandConfig, *LoginConfig, *GoogleConfig, *Argon2Config, *MailConfig, *SMTPConfig, *LogConfig, *MetricsConfig, *ShutdownConfig, *OutboundConfig, *RegistrationConfig,
			*ConsoleConfig, *AuditConfig:
			collect(known, field, at)
		}
	}
}

func text(to *string) func(string) error {
	return func(s string) error { *to = s; return nil }
}

func number(to *int) func(string) error {
	return func(s string) error {
		n, err := strconv.Atoi(s)
		if err != nil {
			return errors.New("must be a number")
		}
		*to = n
		return nil
	}
}

func yesOrNo(to *bool) func(string) error {
	return func(s string) error {
		if s != "true" && s != "false" {
			return errors.New("must be true or false")
		}
		*to = s == "true"
		return nil
	}
}

func splitList(s string) []string {
	list := strings.FieldsFunc(s, func(r rune) bool { return r == ',' })
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	return list
}

func wordRune(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
		return r
	}
	return '_'
}
