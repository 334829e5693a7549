// flannel's network with its subnet manager for Kubernetes and its vxlan and host-gw backends, and no other.
//
// Its own program also brings a cloud's backend, whose module is not to be had everywhere.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/flannel-io/flannel/pkg/backend"
	_ "github.com/flannel-io/flannel/pkg/backend/hostgw"
	_ "github.com/flannel-io/flannel/pkg/backend/vxlan"
	"github.com/flannel-io/flannel/pkg/ipmatch"
	"github.com/flannel-io/flannel/pkg/subnet/kube"
)

const annotations = "flannel.alpha.coreos.com"

func main() {
	address := flag.String("public-ip", "", "this node's address")
	kubeconfig := flag.String("kubeconfig", "", "how the API server is reached")
	network := flag.String("net-conf", "", "file with the network's configuration")
	subnetFile := flag.String("subnet-file", "/run/flannel/subnet.env", "where to tell the node's own subnet")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *address, *kubeconfig, *network, *subnetFile); err != nil {
		fmt.Fprintln(os.Stderr, "flannel:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, address, kubeconfig, network, subnetFile string) error {
	manager, err := kube.NewSubnetManager(ctx, "", kubeconfig, annotations, network, false)
	if err != nil {
		return err
	}
	config, err := manager.GetNetworkConfig(ctx)
	if err != nil {
		return err
	}
	stack, err := ipmatch.GetIPFamily(config.EnableIPv4, config.EnableIPv6)
	if err != nil {
		return err
	}
	outside, err := ipmatch.LookupExtIface(address, "", "", stack, ipmatch.PublicIPOpts{PublicIP: address})
	if err != nil {
		return err
	}
	kind, err := backend.NewManager(ctx, manager, outside).GetBackend(config.BackendType)
	if err != nil {
		return err
	}
	var working sync.WaitGroup
	leased, err := kind.RegisterNetwork(ctx, &working, config)
	if err != nil {
		return err
	}
	mine := leased.Lease()
	if err := manager.HandleSubnetFile(subnetFile, config, false, mine.Subnet, mine.IPv6Subnet, leased.MTU()); err != nil {
		return err
	}
	working.Add(1)
	go func() {
		defer working.Done()
		leased.Run(ctx)
	}()
	if _, err := daemon.SdNotify(false, "READY=1"); err != nil {
		return err
	}
	err = manager.CompleteLease(ctx, mine, &working)
	working.Wait()
	return err
}
