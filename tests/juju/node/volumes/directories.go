package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

// directories are volumes: each a directory below parent that bears the volume's name. It is gone with the volume. Sizes are not enforced.
type directories struct {
	parent string
}

// Provision makes the directory. Everybody may write to it, as in MicroK8s: Kubernetes gives the directory of a node to no group, so a
// workload that is not root could not use it otherwise.
func (d directories) Provision(
	_ context.Context, options controller.ProvisionOptions,
) (*v1.PersistentVolume, controller.ProvisioningState, error) {
	path := filepath.Join(d.parent, options.PVName)
	if err := makeWritable(path); err != nil {
		return nil, controller.ProvisioningFinished, fmt.Errorf("making the directory of volume %s: %w", options.PVName, err)
	}
	return &v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: options.PVName},
		Spec: v1.PersistentVolumeSpec{
			PersistentVolumeReclaimPolicy: *options.StorageClass.ReclaimPolicy,
			AccessModes:                   options.PVC.Spec.AccessModes,
			Capacity:                      v1.ResourceList{v1.ResourceStorage: options.PVC.Spec.Resources.Requests[v1.ResourceStorage]},
			PersistentVolumeSource:        v1.PersistentVolumeSource{HostPath: &v1.HostPathVolumeSource{Path: path}},
		},
	}, controller.ProvisioningFinished, nil
}

// Delete removes the directory with what is in it.
func (d directories) Delete(_ context.Context, volume *v1.PersistentVolume) error {
	source := volume.Spec.HostPath
	if source == nil || filepath.Dir(source.Path) != filepath.Clean(d.parent) {
		return &controller.IgnoredError{Reason: "the volume " + volume.Name + " is no directory of " + d.parent}
	}
	if err := os.RemoveAll(source.Path); err != nil {
		return fmt.Errorf("removing the directory of volume %s: %w", volume.Name, err)
	}
	return nil
}

// makeWritable makes the directory, or takes the one that an interrupted attempt left; its mode does not depend on the umask.
func makeWritable(path string) error {
	if err := os.Mkdir(path, 0o777); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return os.Chmod(path, 0o777)
}
