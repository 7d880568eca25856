// Package catalog keeps what a shop sells.
package catalog
