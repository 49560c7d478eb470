"""The moving figure as a silhouette: followed, its movements, repetitions and extents. No network is needed."""
