// Package cluster finds groups of customers who are alike.
//
// # The problem
//
// Named cells of recency and frequency are cut by hand. Clustering lets the data say where
// the groups are, and how many there are to tell apart.
//
//	z, scale, err := cluster.Standardize(points)        // what is measured in different units
//	choice, err := cluster.Choose(z, 2, 8, nil)          // the number with the best silhouette
//	group := choice.Best.Nearest(scale.Apply(point))
//
// # Methods
//
// [KMeans] is Lloyd's algorithm from starts by k-means++ (Arthur and Vassilvitskii, 2007), with
// the best of several greedy candidates at each step, and passes only over the points that the triangle
// inequality leaves in doubt (Hamerly, 2010), and then moves single points while that helps
// (Hartigan, 1975). [Silhouette] is Rousseeuw's (1987), [DaviesBouldin] (1979) and
// [CalinskiHarabasz] (1974) are the other two usual scores. All distances are Euclidean.
//
// # Cost
//
// O(starts · passes · n · k · d); the silhouette O(n²·d). The same seed gives the same
// clusters on every machine. Pure computation.
package cluster
