"""What each rule means, one file a format."""
