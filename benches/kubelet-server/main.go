// A kubelet that can do one thing: serve the log of a container, made on the way out, to a real API server. For
// benches/logs.
//
//	kubelet-server LINES [each]     prints its port; ends when its standard input does
//
// Lines are what servers and executors write, 124 bytes on average with their times, which advance by 50 µs. They go out in
// pieces of 64 KiB, as fast as they are taken. With "each", every line is flushed by itself, as the true kubelet does it:
// then the kubelet and the API server are what is measured.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	step  = 50 * time.Microsecond
	piece = 64 << 10
	// As long as every time with nine digits.
	stamp = "2026-11-21T00:00:00.000000000Z"
)

var (
	begin = time.Date(2026, 11, 21, 0, 42, 21, 0, time.UTC)
	texts = []string{
		"2026-11-21T00:42:21.346Z [INFO]  storage.raft: starting snapshot up to: index=%d",
		"{\"level\":\"info\",\"ts\":\"2026-11-21T00:42:21Z\",\"msg\":\"downloading snapshot\",\"bytes\":%d,\"part\":17}",
		"2026-11-21T00:42:21.402Z [DEBUG] core.cluster-listener: performing client cert lookup, connection %d",
		"Restore operation: read %d bytes of the object bao/prod/2026-11-21T00-41-19Z-b397e37b.snap",
		"2026-11-21T00:42:21.871Z [INFO]  expiration: revoked lease: lease_id=auth/token/create/h%d",
	}
)

type container struct {
	lines int
	each  bool
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 || len(args) > 2 {
		return errors.New("usage: kubelet-server LINES [each]")
	}
	lines, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	identity, err := selfSigned()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	server := &http.Server{
		Handler:   &container{lines: lines, each: len(args) == 2},
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{identity}},
		// A reader that goes away is no news.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	return server.ServeTLS(listener, "", "")
}

// An API server looks at a kubelet's certificate only when it is told to.
func selfSigned() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "kubelet"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{certificate}, PrivateKey: key}, err
}

func (c *container) ServeHTTP(out http.ResponseWriter, request *http.Request) {
	query := request.URL.Query()
	for _, unknown := range []string{"tailLines", "limitBytes", "previous", "sinceSeconds"} {
		if value := query.Get(unknown); value != "" && value != "false" {
			http.Error(out, "kubelet-server: not understood: "+unknown, http.StatusBadRequest)
			return
		}
	}
	if !strings.HasPrefix(request.URL.Path, "/containerLogs/") || query.Get("timestamps") != "true" {
		http.NotFound(out, request)
		return
	}
	first := 0
	if since, err := time.Parse(time.RFC3339, query.Get("sinceTime")); err == nil && since.After(begin) {
		first = int(since.Sub(begin) / step)
	}
	out.Header().Set("Content-Type", "text/plain")
	c.write(out, first)
}

func (c *container) write(out http.ResponseWriter, first int) {
	flusher := out.(http.Flusher)
	buffer := make([]byte, 0, piece+512)
	for number := first; number < c.lines; number++ {
		buffer = line(buffer, number)
		if c.each || len(buffer) >= piece {
			if _, err := out.Write(buffer); err != nil {
				return
			}
			buffer = buffer[:0]
			if c.each {
				flusher.Flush()
			}
		}
	}
	_, _ = out.Write(buffer)
}

// Appends one line. The time's digits are set one by one: formatting it would cost more than everything else.
func line(buffer []byte, number int) []byte {
	at := begin.Add(time.Duration(number) * step)
	from := len(buffer)
	buffer = append(buffer, stamp...)
	hour, minute, second := at.Clock()
	digits(buffer[from+11:from+13], hour)
	digits(buffer[from+14:from+16], minute)
	digits(buffer[from+17:from+19], second)
	digits(buffer[from+20:from+29], at.Nanosecond())
	buffer = append(buffer, ' ')
	before, after, _ := strings.Cut(texts[number%len(texts)], "%d")
	buffer = append(buffer, before...)
	buffer = strconv.AppendInt(buffer, int64(number), 10)
	buffer = append(buffer, after...)
	return append(buffer, '\n')
}

func digits(to []byte, number int) {
	for at := len(to) - 1; at >= 0; at-- {
		to[at] = byte('0' + number%10)
		number /= 10
	}
}
