// Writes snapshots of any size, and verifies them as a server's reader does. For benches/verify.
//
//	verify write stored|deflate BYTES    a snapshot whose state.bin has about so many bytes, on standard output
//	verify read FILE                     both sums, compared; then the archive to its end
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 3 && args[0] == "write":
		size, err := strconv.ParseInt(args[2], 10, 64)
		if err != nil {
			return err
		}
		out := bufio.NewWriterSize(os.Stdout, 1<<18)
		if err := write(out, args[1] == "deflate", size); err != nil {
			return err
		}
		return out.Flush()
	case len(args) == 2 && args[0] == "read":
		file, err := os.Open(args[1])
		if err != nil {
			return err
		}
		defer file.Close()
		return read(bufio.NewReaderSize(file, 1<<18))
	}
	return fmt.Errorf("usage: verify write stored|deflate BYTES | verify read FILE")
}
