"""What an application asks: JSON Schema with layout, read from what browsers post, checked and shown again.

Pure values in and out; it keeps nothing and knows no case, item or applicant.
One definition serves portal, counter, mobile and API, so that every channel asks and refuses the same.
"""
