/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A node of a card: one direction. It is opened for each question: a stream that has been read
 * runs until the last file is closed.
 */
#ifndef SOAPY_NODE_HPP
#define SOAPY_NODE_HPP

#include <stdexcept>
#include <string>
#include <vector>

#include <acq.h>

#include "iq.hpp"

class Node {
public:
	explicit Node(const std::string &name);

	const struct acq_info &info() const { return _info; }
	const std::string &path() const { return _path; }
	bool output() const { return _info.caps & ACQ_CAP_OUTPUT; }
	struct acq_config config() const;
	struct acq_status status() const;
	int try_config(struct acq_config &config) const;
	/* 0 or a negative errno */
	int set_config(struct acq_config &config) const;
	void trigger() const;

	/* A file of its own. Throws. */
	struct acq *open(int flags) const;
	std::runtime_error error(const std::string &what, int err) const;

	std::vector<struct iq> channels;

private:
	/* What @call returns for the opened node, or why it cannot be opened */
	template <class Call>
	int ask(int flags, Call call) const;

	std::string _path;
	struct acq_info _info;
};

/* "acqdev0": the name by which a stream is found again. */
std::string node_name(const struct acq_info &info);

/* Names of the nodes that there are or may be */
std::vector<std::string> node_names();

#endif /* SOAPY_NODE_HPP */
