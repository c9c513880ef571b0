"""What happened: run directories, summaries, heatmaps."""
