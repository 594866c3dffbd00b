"""What data must look like before it may pass: Great Expectations suites and their runner."""
