// rclone with the one backend and the two commands that the bench needs: what its manual offers to whoever wants a smaller
// program. The listing is rclone's own.
package main

import (
	_ "github.com/rclone/rclone/backend/s3"
	"github.com/rclone/rclone/cmd"
	_ "github.com/rclone/rclone/cmd/lsf"
	_ "github.com/rclone/rclone/cmd/version"
)

func main() {
	cmd.Main()
}
