// Package wagit tells wagit what becomes of the session: Tell("ready", nil).
package wagit

import (
	"encoding/json"
	"os"
	"time"
)

// Tell appends one event; a bot must not fail because nobody can be told.
//
// With whatsmeow: *events.Connected is "ready", *events.Disconnected "reconnecting", *events.StreamReplaced
// "conflict", *events.LoggedOut "logged-out", *events.TemporaryBan "banned", and a code of the QR channel
// Tell("qr", map[string]string{"ref": code}).
func Tell(event string, more map[string]string) {
	path := os.Getenv("WAGIT_EVENTS")
	if path == "" {
		return
	}
	line := map[string]string{"event": event, "time": time.Now().UTC().Format(time.RFC3339Nano)}
	for key, value := range more {
		line[key] = value
	}
	text, err := json.Marshal(line)
	if err != nil {
		return
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return
	}
	defer file.Close()
	_, _ = file.Write(append(text, '\n'))
}
