// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>

#include "node.hpp"

template <class Call>
int Node::ask(int flags, Call call) const
{
	struct acq *acq;
	int err = acq_open(&acq, _path.c_str(), flags);

	if (err)
		return err;
	err = call(acq);
	acq_close(acq);
	return err;
}

Node::Node(const std::string &name)
{
	char path[256];
	int err;

	err = acq_path(name.c_str(), path, sizeof(path));
	_path = err ? name : path;
	if (!err)
		err = ask(O_RDONLY, [&](struct acq *acq) { return acq_get_info(acq, &_info); });
	if (err)
		throw error("cannot open it", err);
}

std::runtime_error Node::error(const std::string &what, int err) const
{
	return std::runtime_error("acqdev: " + _path + ": " + what + ": " + acq_errstr(err));
}

struct acq_config Node::config() const
{
	struct acq_config config;
	int err = ask(O_RDONLY, [&](struct acq *acq) { return acq_get_config(acq, &config); });

	if (err)
		throw error("cannot read its configuration", err);
	return config;
}

struct acq_status Node::status() const
{
	struct acq_status status;
	int err = ask(O_RDONLY, [&](struct acq *acq) { return acq_get_status(acq, &status); });

	if (err)
		throw error("cannot read its state", err);
	return status;
}

int Node::try_config(struct acq_config &config) const
{
	return ask(O_RDONLY, [&](struct acq *acq) { return acq_try_config(acq, &config); });
}

int Node::set_config(struct acq_config &config) const
{
	return ask(O_RDWR, [&](struct acq *acq) { return acq_set_config(acq, &config); });
}

void Node::trigger() const
{
	int err = ask(O_RDWR, [](struct acq *acq) { return acq_trigger(acq); });

	if (err)
		throw error("cannot trigger it", err);
}

struct acq *Node::open(int flags) const
{
	struct acq *acq;
	int err = acq_open(&acq, _path.c_str(), flags);

	if (err)
		throw error("cannot open it", err);
	return acq;
}

std::string node_name(const struct acq_info &info)
{
	return "acqdev" + std::to_string(info.stream);
}

std::vector<std::string> node_names()
{
	std::vector<int> numbers = { 0 };	/* the first one, also where there is no /sys */
	std::vector<std::string> names;
	struct dirent *entry;
	DIR *dir = opendir("/sys/class/misc");

	while (dir && (entry = readdir(dir))) {
		const char *rest = entry->d_name + strlen("acqdev");

		if (!strncmp(entry->d_name, "acqdev", strlen("acqdev")) && *rest &&
		    rest[strspn(rest, "0123456789")] == '\0' && atoi(rest))
			numbers.push_back(atoi(rest));
	}
	if (dir)
		closedir(dir);
	std::sort(numbers.begin(), numbers.end());
	for (int number : numbers)
		names.push_back("acqdev" + std::to_string(number));
	return names;
}
