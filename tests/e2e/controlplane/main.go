// Package main is a whole Kubernetes control plane in one program, for the end-to-end tests: etcd, kube-apiserver,
// kube-controller-manager and kubectl, imported as libraries. The name it is called by (a link) or, failing that, its
// first argument says which one to be; every other argument belongs to that program.
//
// With CONTROLPLANE_DIE_WITH_STDIN in the environment it ends as soon as its standard input is closed. The tests hold
// the other end of that pipe, so that no server outlives a test process, however that process died.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"go.etcd.io/etcd/server/v3/etcdmain"
	_ "k8s.io/client-go/plugin/pkg/client/auth"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

// programs are the entry points; each reads os.Args as if it were alone.
var programs = map[string]func(){
	"etcd":                    func() { etcdmain.Main(os.Args) },
	"kube-apiserver":          func() { os.Exit(cli.Run(apiserver.NewAPIServerCommand())) },
	"kube-controller-manager": func() { os.Exit(cli.Run(controllermanager.NewControllerManagerCommand())) },
	"kubectl":                 runKubectl,
}

func main() {
	name := programName(os.Args[0])
	run, called := programs[name]
	if !called && len(os.Args) > 1 {
		name = os.Args[1]
		os.Args = os.Args[1:]
		run = programs[name]
	}
	if run == nil {
		fmt.Fprintln(os.Stderr, "usage: controlplane etcd|kube-apiserver|kube-controller-manager|kubectl [arguments]")
		os.Exit(2)
	}
	if os.Getenv("CONTROLPLANE_DIE_WITH_STDIN") != "" {
		go dieWithStdin(name)
	}
	run()
}

func programName(path string) string {
	return strings.TrimSuffix(filepath.Base(path), ".exe")
}

// runKubectl prints an error as kubectl itself does and ends with its exit code.
func runKubectl() {
	if err := cli.RunNoErrOutput(kubectl.NewDefaultKubectlCommand()); err != nil {
		util.CheckErr(err)
	}
}

// dieWithStdin does not try to stop in order: it runs when the owner is already gone and nobody needs the data.
func dieWithStdin(name string) {
	_, _ = io.Copy(io.Discard, os.Stdin)
	fmt.Fprintf(os.Stderr, "%s: standard input closed, ending\n", name)
	os.Exit(1)
}
